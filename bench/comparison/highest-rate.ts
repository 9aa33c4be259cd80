import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { Solver } from '../../solver/ilp/solve.ts';
import { InfeasiblePlanError } from '../../solver/plan/errors.ts';
import { plan } from '../../solver/plan/planner.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { ms } from '../../workers/command/terminal.ts';

/** A rate that no machine can serve, so that planning for it fails with the nearest feasible rate. */
const BEYOND_PER_S = 1e6;

/**
 * Returns the highest feasible rate: the planner fails for a rate that is too high, and its error names the nearest feasible one.
 * @param at makes the request for a rate
 * @throws Error if no rate is feasible
 */
export function highestRate(
  solver: Solver,
  measured: IdentifiedProfile,
  at: (ratePerS: number) => PlanRequest,
): number {
  const beyond = at(BEYOND_PER_S);
  try {
    return plan(solver, measured, beyond).ratePerS;
  } catch (error) {
    if (!(error instanceof InfeasiblePlanError)) throw error;
    if (error.nearestRatePerS !== null) return error.nearestRatePerS;
    throw new Error(`No rate is feasible with ${ms(beyond.slaMs)} ms. Give a longer --sla.`);
  }
}
