import { keepsSla, type Plan } from '../documents/plan.ts';
import { figure, grouped } from '../math/figures.ts';
import { InfeasiblePlanError } from './errors.ts';
import type { PlanRequest } from './request.ts';

/** Fractions of the highest feasible rate, tried in this order if simulation misses the SLA at that rate. */
const SHARES = [0.9, 0.8, 0.7, 0.6];

/** A plan with the request that it was made for. */
interface PlanWithinReach {
  readonly plan: Plan;
  readonly request: PlanRequest;
  /** A sentence that says how the request differs from the one that was asked for; null if it does not differ. */
  readonly change: string | null;
}

/**
 * Plans for a rate and an SLA. If no plan keeps both, changes the one that the user did not give: preferably to a lower rate,
 * else to a longer SLA, else to a higher rate, at which batches fill sooner.
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
      `No plan keeps ${grouped(figure(slaMs, 'down'))} ms at ${grouped(figure(ratePerS, 'up'))} requests/s on this device, so ${what}.`;
    const slaHelps = !given.sla && nearestSlaMs !== null;
    if (!given.rate && nearestRatePerS !== null && !(slaHelps && nearestRatePerS > ratePerS)) {
      const found = planAtNearest(planFor, { ...request, ratePerS: nearestRatePerS }, ratePerS);
      return {
        ...found,
        change: instead(`the rate is ${grouped(figure(found.request.ratePerS, 'down'))} requests/s`),
      };
    }
    if (!slaHelps) throw error;
    const longer = { ...request, slaMs: nearestSlaMs };
    return {
      plan: planFor(longer),
      request: longer,
      change: instead(`the SLA is ${grouped(figure(nearestSlaMs, 'up'))} ms`),
    };
  }
}

/**
 * Plans at the nearest feasible rate. If that rate is below the rate asked for, lowers it by {@link SHARES} until simulation
 * keeps the SLA.
 */
function planAtNearest(
  planFor: (request: PlanRequest) => Plan,
  nearest: PlanRequest,
  askedPerS: number,
): Omit<PlanWithinReach, 'change'> {
  let found = { plan: planFor(nearest), request: nearest };
  if (nearest.ratePerS > askedPerS) return found;
  for (const share of SHARES) {
    if (keepsSla(found.plan)) break;
    const request = { ...nearest, ratePerS: share * nearest.ratePerS };
    try {
      found = { plan: planFor(request), request };
    } catch (error) {
      // A lower rate may be infeasible, too: a large smallest batch then fills too slowly.
      if (error instanceof InfeasiblePlanError) break;
      throw error;
    }
  }
  return found;
}
