import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { Solver } from '../../solver/ilp/solve.ts';
import { InfeasiblePlanError } from '../../solver/plan/errors.ts';
import { plan } from '../../solver/plan/planner.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { ms } from '../../workers/command/terminal.ts';

/** A rate above any machine's, from which the highest feasible one is searched. */
const BEYOND_PER_S = 1e6;

/**
 * The highest feasible rate, by the error that planning for a rate beyond it gives.
 * @param at the request for a rate
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
