import type { Backend } from '../documents/common.ts';
import type { Plan } from '../documents/plan.ts';
import { mean, median, normalQuantile } from '../math/statistics.ts';
import type { PlanRequest } from '../plan/options.ts';
import { nearest, orStay } from './infeasible.ts';
import { HORIZON_S } from './predictors/predictor.ts';
import type { Situation, System } from './system.ts';

/** A load of nothing still wants a plan: one request in ten seconds. */
export const LEAST_RATE_PER_S = 0.1;
/** From this percentile of the SLA on, plans are for the forecast's p90; under it for its median. */
const CAUTIOUS_PERCENTILE = 95;
/** Seconds whose mean is taken for the level, and whose steps show how counts vary about it. */
const LEVEL_S = 10;
const NOISE_S = 30;
/**
 * Standard deviations by which the busiest of the forecast's seconds lies above the level at most, half the time and nine
 * times in ten.
 */
const PEAK = {
  median: normalQuantile(0.5 ** (1 / HORIZON_S)),
  p90: normalQuantile(0.9 ** (1 / HORIZON_S)),
};
/** Plans are for rates in steps of this ratio, so that a load that hardly moves keeps its plan. */
const STEP = 1.02;

/** What is asked of every plan of a system. */
export type StandingRequest = Omit<PlanRequest, 'ratePerS' | 'current' | 'keep'> & {
  /** Plans are for so many requests/s at least, whatever is foreseen: what bursts that nothing foretells find ready. */
  readonly minRatePerS: number;
};

/** What a plan was asked for, at other rates. @param backends that may be planned with */
export const standingRequest = (
  { slaMs, percentile, objective, resources }: Plan,
  backends: readonly Backend[],
  minRatePerS = 0,
): StandingRequest => ({ slaMs, percentile, objective, resources, backends, minRatePerS });

/**
 * Our planner. Variants that run already are cheaper by their switch cost; until new ones have started, those that run
 * change their batches. What it cannot serve within the SLA it serves as well as the nearest rate that it can.
 * @param planAt throws InfeasiblePlanError where nothing meets a request
 */
export function ours(
  planAt: (request: PlanRequest) => Promise<Plan>,
  { minRatePerS, ...request }: StandingRequest,
): System {
  // In the second that is planned for, replicas may be busy throughout, and what may be missed need not be kept up with;
  // the simulation says whether that is too much.
  const resources = { ...request.resources, utilisationMax: 100 / request.percentile };
  const planFor = (situation: Situation, limits: Pick<PlanRequest, 'current' | 'keep'>) =>
    nearest(
      (ratePerS) => planAt({ ...request, resources, ratePerS, ...limits }),
      Math.max(minRatePerS, rateToPlanFor(situation, request)),
    );
  return {
    name: 'ours',
    plan: (situation, current) =>
      current ? orStay(planFor(situation, { current: current.stages }), current) : planFor(situation, {}),
    interim: (situation, current) => orStay(planFor(situation, { keep: current.stages }), current),
    overtaken: ({ p90PerS }, countsPerS) => countsPerS.at(-1)! > p90PerS,
  };
}

/**
 * The rate that a plan must keep up with. The forecast is of the busiest second; an SLA of several lets requests wait for
 * quieter ones, so what chance alone adds to the level counts 1/√W. The rarer misses may be, the less is averaged:
 * W is (100 − percentile) / 2 SLAs, at most one.
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

/** Standard deviation of counts about their level, wherever that goes: by the median step from one second to the next. */
function deviation(countsPerS: readonly number[]): number {
  const steps = countsPerS.slice(1).map((count, i) => Math.abs(count - countsPerS[i]!));
  // Of normal values the median step is Φ⁻¹(3/4) · √2 deviations.
  return steps.length ? median(steps.slice(-NOISE_S)) / 0.954 : 0;
}
