import type { Plan } from '../documents/plan.ts';
import { figure } from '../math/figures.ts';
import { InfeasiblePlanError } from './errors.ts';
import type { PlanRequest } from './request.ts';

/** Shares of the highest feasible rate. If simulation misses the SLA there, the first of them that keeps it is taken, else the last. */
const SHARES = [0.9, 0.8, 0.7, 0.6];

/** A plan with the request that it was made for. */
export interface PlanWithinReach {
  readonly plan: Plan;
  readonly request: PlanRequest;
  /** A sentence that tells how the request differs from the one that was asked for; null if it does not. */
  readonly change: string | null;
}

/**
 * Plans for a rate and an SLA. If no plan keeps both, what the user did not give is changed: rather to a lower rate than to a longer SLA,
 * and rather to that than to a higher rate, at which batches fill sooner.
 * @param given which of the two the user gave
 * @throws NothingMeasuredError, UnmeasuredFanOutError; InfeasiblePlanError if no such change gives a plan
 */
export function planWithinReach(
  planFor: (request: PlanRequest) => Plan,
  request: PlanRequest,
  given: { readonly rate: boolean; readonly sla: boolean },
): PlanWithinReach {
  try {
    return { plan: planFor(request), request, change: null };
  } catch (error) {
    if (!(error instanceof InfeasiblePlanError)) throw error;
    const { slaMs, ratePerS } = request;
    const { nearestRatePerS, nearestSlaMs } = error;
    const instead = (what: string) =>
      `No plan keeps ${figure(slaMs, 'down')} ms at ${figure(ratePerS, 'up')} requests/s on this device, so ${what}.`;
    const slaHelps = !given.sla && nearestSlaMs !== null;
    if (!given.rate && nearestRatePerS !== null && !(slaHelps && nearestRatePerS > ratePerS)) {
      const found = planAtNearest(planFor, { ...request, ratePerS: nearestRatePerS }, ratePerS);
      return {
        ...found,
        change: instead(`the rate is ${figure(found.request.ratePerS, 'down')} requests/s`),
      };
    }
    if (!slaHelps) throw error;
    const longer = { ...request, slaMs: nearestSlaMs };
    return {
      ...{ plan: planFor(longer), request: longer },
      change: instead(`the SLA is ${figure(nearestSlaMs, 'up')} ms`),
    };
  }
}

/** Plans at the nearest feasible rate. Below the rate asked for, it lowers the rate until simulation keeps the SLA, while there is a plan. */
function planAtNearest(
  planFor: (request: PlanRequest) => Plan,
  nearest: PlanRequest,
  askedPerS: number,
): Omit<PlanWithinReach, 'change'> {
  let found = { plan: planFor(nearest), request: nearest };
  if (nearest.ratePerS > askedPerS) return found;
  for (const share of SHARES) {
    if (found.plan.predicted.slaAttainment >= nearest.percentile / 100) break;
    const request = { ...nearest, ratePerS: share * nearest.ratePerS };
    try {
      found = { plan: planFor(request), request };
    } catch (error) {
      // Where the smallest batch is large, it fills too slowly at a lower rate.
      if (error instanceof InfeasiblePlanError) break;
      throw error;
    }
  }
  return found;
}
