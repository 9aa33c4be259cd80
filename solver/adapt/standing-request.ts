import type { Backend } from '../documents/common.ts';
import type { Plan } from '../documents/plan.ts';
import type { PlanRequest } from '../plan/request.ts';

/** The part of a plan request that stays the same while the load changes. */
export type StandingRequest = Omit<PlanRequest, 'ratePerS' | 'current' | 'heldTwice' | 'keep'> & {
  /** The lowest rate to plan for, whatever the forecast. It keeps capacity ready for bursts that no forecast foresees. */
  readonly minRatePerS: number;
};

/** The request that a plan was made for, without its rate. @param backends the backends that new plans may use */
export const standingRequest = (
  { slaMs, percentile, objective, resources, downshift, cascades, body }: Plan,
  backends: readonly Backend[],
  minRatePerS = 0,
): StandingRequest => ({
  ...{ slaMs, percentile, objective, resources, backends, minRatePerS },
  ...(downshift && { downshift }),
  ...(cascades === false && { cascades }),
  ...(body && { body }),
});
