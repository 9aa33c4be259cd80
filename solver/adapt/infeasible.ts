import type { Plan } from '../documents/plan.ts';
import { InfeasiblePlanError } from '../plan/errors.ts';

/** The plan for a rate, or for the nearest rate that has a plan. @throws InfeasiblePlanError if no rate has one */
export async function atNearestRate(
  planAt: (ratePerS: number) => Promise<Plan>,
  ratePerS: number,
): Promise<Plan> {
  try {
    return await planAt(ratePerS);
  } catch (error) {
    if (!(error instanceof InfeasiblePlanError) || error.nearestRatePerS === null) throw error;
    return planAt(error.nearestRatePerS);
  }
}

/** Awaits a plan; undefined if no plan meets the request. */
export async function ifFeasible(asked: Promise<Plan>): Promise<Plan | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof InfeasiblePlanError) return undefined;
    throw error;
  }
}
