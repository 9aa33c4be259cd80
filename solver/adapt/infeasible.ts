import type { Plan } from '../documents/plan.ts';
import { InfeasiblePlanError } from '../plan/errors.ts';

/** The plan at a rate, or at the nearest that has one. @throws InfeasiblePlanError where none has */
export async function nearest(planAt: (ratePerS: number) => Promise<Plan>, ratePerS: number): Promise<Plan> {
  try {
    return await planAt(ratePerS);
  } catch (error) {
    if (!(error instanceof InfeasiblePlanError) || error.nearestRatePerS === null) throw error;
    return planAt(error.nearestRatePerS);
  }
}

/** The plan that was asked for, or where nothing meets that the one that there is. */
export async function orStay(asked: Promise<Plan>, current: Plan): Promise<Plan> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof InfeasiblePlanError) return current;
    throw error;
  }
}
