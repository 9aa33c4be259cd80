import { atNearestRate, orCurrent } from '../../solver/adapt/infeasible.ts';
import { LEAST_RATE_PER_S } from '../../solver/adapt/ipa-edge-system.ts';
import type { System } from '../../solver/adapt/system.ts';
import { onGpu } from '../../solver/documents/common.ts';
import type { Objective, Plan, Resources } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile, Profile } from '../../solver/documents/profile.ts';
import type { Solver } from '../../solver/ilp/solve.ts';
import { solveIlp } from '../../solver/plan/ilp-choice.ts';
import { completePlan } from '../../solver/plan/planner.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';

/** Values by stage and variant. */
type ByVariant<T> = Readonly<Record<string, Readonly<Record<string, T>>>>;
type ByStage<T> = Readonly<Record<string, T>>;

export interface RivalSettings {
  readonly slaMs: number;
  readonly resources: Pick<Resources, 'cores' | 'pricePerCore'>;
  readonly objective: Pick<Objective, 'alpha' | 'beta' | 'delta' | 'accuracy'>;
  /** Cores of a replica, fixed for each variant. */
  readonly baseCores: ByVariant<number>;
  readonly batchMax: number;
  /** By stage, the variants that all rivals may choose from; an absent stage has all its variants. */
  readonly restrictTo: Readonly<Record<string, readonly string[]>>;
  readonly fa2Low: ByStage<string>;
  readonly fa2High: ByStage<string>;
  readonly rimReplicas: ByStage<number>;
}

/** Names of all systems in commands and reports; `ours` is ipa-edge. */
export const SYSTEMS = ['ours', 'ipa', 'fa2-low', 'fa2-high', 'rim'] as const;
export type SystemName = (typeof SYSTEMS)[number];

/** The rivals plan with the p99 of a batch's latency. */
const PERCENTILE = 99;
/** Number of requests simulated for a plan's prediction, which the rivals' decisions ignore. */
const REQUESTS = 1000;

/**
 * The systems IPA (JSys 2024), FA2 and RIM as the IPA paper compares them. All run on CPUs, add up the p99 latency of a batch
 * and the wait for its last item over the stages, use all the time of a replica, assume the same rate at every stage, and count
 * no cost of a switch. IPA chooses variants, batches and replicas; FA2 (Razavi et al., RTAS 2022) batches and replicas of fixed
 * variants; RIM (Hu et al., 2021) variants and batches for fixed replicas.
 */
export function rivals(solver: Solver, measured: IdentifiedProfile, settings: RivalSettings): System[] {
  const limited = rivalProfile(measured.profile, settings);
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
      const { plan, ...choice } = solveIlp(solver, limited, { ...request, ratePerS });
      return completePlan(measured, plan, choice, 0, REQUESTS);
    };
    return {
      name,
      plan: async ({ forecast }, current) => {
        const ratePerS = Math.max(LEAST_RATE_PER_S, forecast.medianPerS);
        // If no plan is feasible, the rivals keep the current plan.
        return current ? orCurrent(planAt(ratePerS), current) : atNearestRate(planAt, ratePerS);
      },
      overtaken: () => false,
    };
  };
  const fixed = (variants: ByStage<string>) => ({
    restrictTo: Object.fromEntries(Object.entries(variants).map(([stage, variant]) => [stage, [variant]])),
  });
  return [
    rival('ipa', {}),
    rival('fa2-low', fixed(settings.fa2Low)),
    rival('fa2-high', fixed(settings.fa2High)),
    rival('rim', { replicas: settings.rimReplicas }),
  ];
}

/** Limits a profile to what the rivals plan with: base cores, batches up to their limit, one item per request at every stage. */
const rivalProfile = (profile: Profile, { baseCores, batchMax }: RivalSettings): Profile => ({
  ...profile,
  cells: profile.cells.filter(
    ({ stage, variant, backend, threads, batch }) =>
      !onGpu(backend) && threads === baseCores[stage]?.[variant] && batch <= batchMax,
  ),
  fanOut: [],
  coRun: [],
});
