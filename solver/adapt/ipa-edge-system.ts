import type { Plan } from '../documents/plan.ts';
import { mean, median, normalQuantile } from '../math/statistics.ts';
import type { PlanRequest } from '../plan/request.ts';
import { atNearestRate, orCurrent } from './infeasible.ts';
import { HORIZON_S } from './predictors/predictor.ts';
import type { StandingRequest } from './standing-request.ts';
import type { LoadState, System } from './system.ts';

/** The lowest rate that the system plans for: some plan must serve even while no requests arrive. */
export const LEAST_RATE_PER_S = 0.1;
/** For SLAs at this percentile and above, the system plans for the p90 of the forecast; below it, for the median. */
const CAUTIOUS_PERCENTILE = 95;
/** The level of the load is the mean count of this many last seconds. */
const LEVEL_S = 10;
/** The noise of the load is measured over this many last seconds. */
const NOISE_S = 30;
/**
 * By chance alone, the busiest second of a forecast exceeds the level of the load by this many standard deviations: the median
 * and the p90 of the maximum of {@link HORIZON_S} independent normal values.
 */
const PEAK = {
  median: normalQuantile(0.5 ** (1 / HORIZON_S)),
  p90: normalQuantile(0.9 ** (1 / HORIZON_S)),
};
/** Planned rates are rounded up to powers of this ratio, so that a load that hardly changes keeps its plan. */
const STEP = 1.02;

/**
 * The system of this project, which reports and commands call `ours`. Variants that run already cost no switch. Until the
 * workers of a new plan have started, the running sessions change their batch sizes. If no plan meets the SLA at a rate, the
 * system plans for the nearest rate that has a plan.
 * @param planAt the planner; it throws InfeasiblePlanError if no plan meets a request
 */
export function ipaEdgeSystem(
  planAt: (request: PlanRequest) => Promise<Plan>,
  { minRatePerS, ...request }: StandingRequest,
): System {
  // The planned rate is that of the busiest second. In that second replicas may be busy all the time, and the share of requests
  // that may miss the SLA may be left unserved, so utilisation may exceed 1. The simulation of the plan tells whether too many
  // requests miss the SLA.
  const resources = { ...request.resources, utilisationMax: 100 / request.percentile };
  const planFor = (load: LoadState, limits: Pick<PlanRequest, 'current' | 'keep'>) =>
    atNearestRate(
      (ratePerS) => planAt({ ...request, resources, ratePerS, ...limits }),
      Math.max(minRatePerS, rateToPlanFor(load, request)),
    );
  return {
    name: 'ours',
    plan: (load, current) =>
      current ? orCurrent(planFor(load, { current: current.stages }), current) : planFor(load, {}),
    interim: (load, serving) => orCurrent(planFor(load, { keep: serving.stages }), serving),
    overtaken: ({ p90PerS }, countsPerS) => countsPerS.at(-1)! > p90PerS,
  };
}

/**
 * The rate that a plan must keep up with (README, "Adapting"). The forecast is for the busiest second. Under an SLA of several
 * seconds, requests can wait for quieter seconds, so the part of the forecast that is due to chance counts only 1/√W. W in
 * seconds is the SLA times (100 − percentile) / 2, but at most the SLA and at least 1: the fewer requests may miss the SLA, the
 * less waiting helps.
 */
function rateToPlanFor(
  { forecast, countsPerS }: LoadState,
  { slaMs, percentile }: Pick<StandingRequest, 'slaMs' | 'percentile'>,
): number {
  const cautious = percentile >= CAUTIOUS_PERCENTILE;
  const busiest = cautious ? forecast.p90PerS : forecast.medianPerS;
  const peak = cautious ? PEAK.p90 : PEAK.median;
  const level = mean(countsPerS.slice(-LEVEL_S));
  const byChance = Math.min(Math.max(0, busiest - level), peak * deviation(countsPerS));
  const averagedS = Math.max(1, (slaMs / 1000) * Math.min(1, (100 - percentile) / 2));
  const ratePerS = busiest - byChance * (1 - 1 / Math.sqrt(averagedS));
  return Math.max(LEAST_RATE_PER_S, STEP ** Math.ceil(Math.log(ratePerS) / Math.log(STEP) - 1e-9));
}

/** Standard deviation of the counts about a moving level, estimated from the differences between neighbouring seconds. */
function deviation(countsPerS: readonly number[]): number {
  const steps = countsPerS.slice(1).map((count, i) => Math.abs(count - countsPerS[i]!));
  // The absolute difference of two normal values has the median Φ⁻¹(3/4) · √2 = 0.954 standard deviations.
  return steps.length ? median(steps.slice(-NOISE_S)) / 0.954 : 0;
}
