import { InfeasiblePlanError } from '../errors.ts';
import type { Solver } from '../ilp/solve.ts';
import type { PlanRequest } from '../options.ts';
import { type ProfileSource, plan } from '../planner.ts';
import type { System } from './system.ts';

/** A load of nothing still wants a plan: one request in ten seconds. */
export const LEAST_RATE_PER_S = 0.1;

/** What is asked of every plan of a system. */
export type StandingRequest = Omit<PlanRequest, 'ratePerS' | 'current'>;

/**
 * Our planner, for the rate that is exceeded one time in ten; variants that run already are cheaper by their switch
 * cost. What it cannot serve within the SLA it serves as well as the nearest rate that it can.
 */
export const ours = (solver: Solver, source: ProfileSource, request: StandingRequest): System => ({
  name: 'ours',
  plan: async ({ p90PerS }, current) => {
    const at = (ratePerS: number) =>
      plan(solver, source, { ...request, ratePerS, ...(current && { current: current.stages }) });
    return nearest(at, Math.max(LEAST_RATE_PER_S, p90PerS));
  },
});

/** The plan at a rate, or at the nearest that has one. */
export function nearest<T>(planAt: (ratePerS: number) => T, ratePerS: number): T {
  try {
    return planAt(ratePerS);
  } catch (error) {
    if (!(error instanceof InfeasiblePlanError) || error.nearestRatePerS === null) throw error;
    return planAt(error.nearestRatePerS);
  }
}
