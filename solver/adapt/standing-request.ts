import type { Backend } from '../documents/common.ts';
import type { Plan } from '../documents/plan.ts';
import type { PlanRequest } from '../plan/options.ts';

/** What every plan of an adapting system is asked for, whatever the load. */
export type StandingRequest = Omit<PlanRequest, 'ratePerS' | 'current' | 'keep'> & {
  /** The lowest rate that is planned for, however low the forecast: it keeps room for bursts that no forecast foresees. */
  readonly minRatePerS: number;
};

/** What a plan was asked for, without its rate. @param backends that may be planned with */
export const standingRequest = (
  { slaMs, percentile, objective, resources }: Plan,
  backends: readonly Backend[],
  minRatePerS = 0,
): StandingRequest => ({ slaMs, percentile, objective, resources, backends, minRatePerS });
