import type { Plan } from '../documents/plan.ts';
import { mean, median, normalQuantile } from '../math/statistics.ts';
import type { PlanRequest } from '../plan/options.ts';
import { atNearestRate, orCurrent } from './infeasible.ts';
import { HORIZON_S } from './predictors/predictor.ts';
import type { StandingRequest } from './standing-request.ts';
import type { Situation, System } from './system.ts';

/** The lowest rate that is planned for: even without a load some plan must serve. */
export const LEAST_RATE_PER_S = 0.1;
/** From this percentile of the SLA on, the p90 of the forecast is planned for; below it, the median. */
const CAUTIOUS_PERCENTILE = 95;
/** Seconds whose mean is the level of the load. */
const LEVEL_S = 10;
/** Seconds over which the noise of the load is measured. */
const NOISE_S = 30;
/**
 * Standard deviations by which the busiest second of a forecast exceeds the level by chance: the median of that number, and its
 * p90.
 */
const PEAK = {
  median: normalQuantile(0.5 ** (1 / HORIZON_S)),
  p90: normalQuantile(0.9 ** (1 / HORIZON_S)),
};
/** Rates are rounded up to powers of this ratio, so that a load that hardly changes keeps its plan. */
const STEP = 1.02;

/**
 * The system of this project; reports and commands call it `ours`. Variants that run already cost no switch. Until the
 * workers of a new plan have started, the sessions that run change their batch sizes. Where no plan meets the SLA at a rate,
 * the plan for the nearest rate that has one is used.
 * @param planAt throws InfeasiblePlanError where nothing meets a request
 */
export function ipaEdgeSystem(
  planAt: (request: PlanRequest) => Promise<Plan>,
  { minRatePerS, ...request }: StandingRequest,
): System {
  // The planned rate is that of the busiest second. In that second replicas may be busy all the time, and the requests that may
  // miss the SLA may be left out. The simulation of the plan tells whether too many miss it.
  const resources = { ...request.resources, utilisationMax: 100 / request.percentile };
  const planFor = (situation: Situation, limits: Pick<PlanRequest, 'current' | 'keep'>) =>
    atNearestRate(
      (ratePerS) => planAt({ ...request, resources, ratePerS, ...limits }),
      Math.max(minRatePerS, rateToPlanFor(situation, request)),
    );
  return {
    name: 'ours',
    plan: (situation, current) =>
      current ? orCurrent(planFor(situation, { current: current.stages }), current) : planFor(situation, {}),
    interim: (situation, serving) => orCurrent(planFor(situation, { keep: serving.stages }), serving),
    overtaken: ({ p90PerS }, countsPerS) => countsPerS.at(-1)! > p90PerS,
  };
}

/**
 * The rate that a plan must keep up with (README, "Adapting"). The forecast is of the busiest second. With an SLA of several
 * seconds requests can wait for quieter seconds, so the part of the forecast that is chance counts only 1/√W. The fewer
 * requests may miss the SLA, the shorter W is: (100 − percentile) / 2 SLAs, one SLA at most, one second at least.
 */
function rateToPlanFor(
  { forecast, countsPerS }: Situation,
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

/** Standard deviation of counts about a level that may move, estimated from the steps between neighbouring seconds. */
function deviation(countsPerS: readonly number[]): number {
  const steps = countsPerS.slice(1).map((count, i) => Math.abs(count - countsPerS[i]!));
  // The median step of normal values is Φ⁻¹(3/4) · √2 = 0.954 standard deviations.
  return steps.length ? median(steps.slice(-NOISE_S)) / 0.954 : 0;
}
