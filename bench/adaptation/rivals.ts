import { atNearestRate, ifFeasible } from '../../solver/adapt/infeasible.ts';
import { RATE_PER_S_MIN } from '../../solver/adapt/ipa-edge-system.ts';
import type { System } from '../../solver/adapt/system.ts';
import { onGpu } from '../../solver/documents/common.ts';
import type { Objective, Plan, Resources } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile, Profile } from '../../solver/documents/profile.ts';
import type { Solver } from '../../solver/ilp/solve.ts';
import { getOrMake } from '../../solver/math/maps.ts';
import { solveIlp } from '../../solver/plan/ilp-choice.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { completePlan } from '../../solver/plan/simulated-plan.ts';
import { onlyVariants } from '../comparison/baselines.ts';

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

const PUBLISHED = ['ipa', 'fa2-low', 'fa2-high', 'rim'] as const;
type PublishedName = (typeof PUBLISHED)[number];

/**
 * The name of a published system that has the options of ipa-edge: it may choose the cores of a replica and every measured batch
 * size, and it knows how many items a request has at each stage.
 */
const withOptions = <Name extends PublishedName>(name: Name) => `${name}-options` as const;

/**
 * Names of all systems in commands and reports. `ours` is ipa-edge. A system with `-options` plans as published but with the
 * options of ipa-edge, which separates the gain from planning from the gain from more options.
 */
export const SYSTEMS = ['ours', ...PUBLISHED, ...PUBLISHED.map(withOptions)] as const;
export type SystemName = (typeof SYSTEMS)[number];

/** The rivals plan with the p99 of a batch's latency. */
const PERCENTILE = 99;
/** Number of requests simulated for a plan's prediction, which the rivals' decisions ignore. */
const REQUESTS = 1000;

/**
 * The systems IPA (JSys 2024), FA2 and RIM as the IPA paper compares them. All run on CPUs, use replicas up to a utilisation of
 * 1, and ignore the cost of a switch. Their latency is the sum over the stages of a batch's p99 latency and the wait for its last
 * item. As published, they assume the same rate at every stage. IPA chooses variants, batches and replicas; FA2 (Razavi et al.,
 * RTAS 2022) chooses batches and replicas of fixed variants; RIM (Hu et al., 2021) chooses variants and batches for fixed
 * replicas.
 */
export function rivals(solver: Solver, measured: IdentifiedProfile, settings: RivalSettings): System[] {
  const rival = (
    name: SystemName,
    profile: Profile,
    limits: Pick<PlanRequest, 'restrictTo' | 'replicas'>,
  ): System => {
    const request: Omit<PlanRequest, 'ratePerS'> = {
      slaMs: settings.slaMs,
      percentile: PERCENTILE,
      objective: { ...settings.objective, eta: 0, horizonMs: 1 },
      resources: { ...settings.resources, gpus: 0, pricePerGpu: 0, utilisationMax: 1 },
      restrictTo: settings.restrictTo,
      apart: true,
      cascades: false,
      ...limits,
    };
    const made = async (ratePerS: number): Promise<Plan> => {
      const { plan, ...choice } = solveIlp(solver, profile, { ...request, ratePerS });
      return completePlan(measured, plan, choice, REQUESTS);
    };
    /** The plans made so far, by their rates: forecasts are whole numbers, so the same few rates recur. */
    const plans = new Map<number, Promise<Plan>>();
    const planAt = (ratePerS: number): Promise<Plan> => getOrMake(plans, ratePerS, made);
    return {
      name,
      plan: async ({ forecast }, current) => {
        const ratePerS = Math.max(RATE_PER_S_MIN, forecast.medianPerS);
        // If no plan is feasible, the rivals keep the current plan.
        return current ? ((await ifFeasible(planAt(ratePerS))) ?? current) : atNearestRate(planAt, ratePerS);
      },
      overtaken: () => false,
    };
  };
  const limits: Readonly<Record<PublishedName, Pick<PlanRequest, 'restrictTo' | 'replicas'>>> = {
    ipa: {},
    'fa2-low': { restrictTo: onlyVariants(settings.fa2Low) },
    'fa2-high': { restrictTo: onlyVariants(settings.fa2High) },
    rim: { replicas: settings.rimReplicas },
  };
  const free = rivalProfile(measured.profile);
  const published = publishedOptions(free, settings);
  return [
    ...PUBLISHED.map((name) => rival(name, published, limits[name])),
    ...PUBLISHED.map((name) => rival(withOptions(name), free, limits[name])),
  ];
}

/** Limits a profile to what the rivals model: CPUs, and workers that do not slow each other. */
const rivalProfile = (profile: Profile): Profile => ({
  ...profile,
  cells: profile.cells.filter(({ backend }) => !onGpu(backend)),
  coRun: [],
});

/**
 * Limits a profile to the options of the published systems: base cores, batches up to `batchMax`, one item per request at every
 * stage.
 */
const publishedOptions = (profile: Profile, { baseCores, batchMax }: RivalSettings): Profile => ({
  ...profile,
  fanOut: [],
  cells: profile.cells.filter(
    ({ stage, variant, threads, batch }) => threads === baseCores[stage]?.[variant] && batch <= batchMax,
  ),
});
