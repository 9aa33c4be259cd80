import type { Profile } from '../../solver/documents/profile.ts';
import type { Solver } from '../../solver/ilp/solve.ts';
import { InfeasiblePlanError } from '../../solver/plan/errors.ts';
import { solveIlp } from '../../solver/plan/ilp-choice.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';

/** The error with which the integer program refuses a request. Fails if it finds a plan. */
export function refusalOf(solver: Solver, given: Profile, asked: PlanRequest): InfeasiblePlanError {
  try {
    solveIlp(solver, given, asked);
  } catch (error) {
    if (error instanceof InfeasiblePlanError) return error;
    throw error;
  }
  throw new Error('expected no plan');
}
