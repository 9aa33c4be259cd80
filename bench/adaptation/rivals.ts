import { atNearestRate, orCurrent } from '../../solver/adapt/infeasible.ts';
import { LEAST_RATE_PER_S } from '../../solver/adapt/ipa-edge-system.ts';
import type { System } from '../../solver/adapt/system.ts';
import { onGpu } from '../../solver/documents/common.ts';
import type { Objective, Plan, Resources } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile, Profile } from '../../solver/documents/profile.ts';
import type { Solver } from '../../solver/ilp/solve.ts';
import type { PlanRequest } from '../../solver/plan/options.ts';
import { completePlan } from '../../solver/plan/planner.ts';
import { solveProgram } from '../../solver/plan/program.ts';

/** By stage, then by variant. */
type ByVariant<T> = Readonly<Record<string, Readonly<Record<string, T>>>>;
type ByStage<T> = Readonly<Record<string, T>>;

/** What the published systems were set to on a pipeline. */
export interface RivalSettings {
  readonly slaMs: number;
  readonly resources: Pick<Resources, 'cores' | 'pricePerCore'>;
  readonly objective: Pick<Objective, 'alpha' | 'beta' | 'delta' | 'accuracy'>;
  /** Cores of a replica: each variant has one allocation. */
  readonly baseCores: ByVariant<number>;
  readonly batchMax: number;
  /** Variants that all of them may choose from; a stage that is not named has all. */
  readonly restrictTo: Readonly<Record<string, readonly string[]>>;
  readonly fa2Low: ByStage<string>;
  readonly fa2High: ByStage<string>;
  readonly rimReplicas: ByStage<number>;
}

/** Ours first. */
export const SYSTEMS = ['ours', 'ipa', 'fa2-low', 'fa2-high', 'rim'] as const;
export type SystemName = (typeof SYSTEMS)[number];

/** Of their latencies: the p99 that was profiled. */
const PERCENTILE = 99;
/** Simulated for what a plan says it will do; they do not decide by it. */
const REQUESTS = 1000;

/**
 * The systems that IPA (JSys 2024) was compared with, and IPA: p99 latency of a batch and the wait for its last item,
 * added up; throughput up to the full time of a replica; the same rate at every stage; on CPUs; no cost of a switch.
 * IPA chooses variant, batch and replicas; FA2 (Razavi et al., RTAS 2022) batch and replicas of fixed variants; RIM
 * (Hu et al., 2021) variant and batch of fixed replicas.
 */
export function rivals(solver: Solver, measured: IdentifiedProfile, settings: RivalSettings): System[] {
  const view = asPublished(measured.profile, settings);
  const rival = (name: SystemName, limits: Pick<PlanRequest, 'restrictTo' | 'replicas'>): System => {
    const request: Omit<PlanRequest, 'ratePerS'> = {
      slaMs: settings.slaMs,
      percentile: PERCENTILE,
      objective: { ...settings.objective, eta: 0, horizonMs: 1 },
      resources: { ...settings.resources, gpus: 0, pricePerGpu: 0, utilisationMax: 1 },
      restrictTo: settings.restrictTo,
      apart: true,
      ...limits,
    };
    const planAt = async (ratePerS: number): Promise<Plan> => {
      const { plan, ...choice } = solveProgram(solver, view, { ...request, ratePerS });
      return completePlan(measured, plan, choice, 0, REQUESTS);
    };
    return {
      name,
      plan: async ({ forecast }, current) => {
        const ratePerS = Math.max(LEAST_RATE_PER_S, forecast.medianPerS);
        // Theirs leave the pipeline as it is.
        return current ? orCurrent(planAt(ratePerS), current) : atNearestRate(planAt, ratePerS);
      },
      overtaken: () => false,
    };
  };
  const only = (variants: ByStage<string>) => ({
    restrictTo: Object.fromEntries(Object.entries(variants).map(([stage, variant]) => [stage, [variant]])),
  });
  return [
    rival('ipa', {}),
    rival('fa2-low', only(settings.fa2Low)),
    rival('fa2-high', only(settings.fa2High)),
    rival('rim', { replicas: settings.rimReplicas }),
  ];
}

/** A profile as they see it: base allocations, batches up to their limit, one item per request at every stage. */
const asPublished = (profile: Profile, { baseCores, batchMax }: RivalSettings): Profile => ({
  ...profile,
  cells: profile.cells.filter(
    ({ stage, variant, backend, threads, batch }) =>
      !onGpu(backend) && threads === baseCores[stage]?.[variant] && batch <= batchMax,
  ),
  fanOut: [],
  coRun: [],
});
