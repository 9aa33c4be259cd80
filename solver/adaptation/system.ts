import type { Plan } from '../documents/plan.ts';
import { type Forecast, HISTORY_S, type Predictor } from '../predictors/predictor.ts';

/** Plans for a load that changes: ours, or a rival. */
export interface System {
  readonly name: string;
  /**
   * The plan for what is to come. Where nothing meets the SLA it answers with what it would run then.
   * @param current what runs now; undefined: nothing does yet
   * @throws NothingMeasuredError, and InfeasiblePlanError where nothing runs yet that could stay
   */
  plan(forecast: Forecast, current: Plan | undefined): Promise<Plan>;
}

/** What an adapter saw and decided in one step. */
export interface Step {
  readonly forecast: Forecast;
  readonly plan: Plan;
}

/** One step of adaptation. @param countsPerS requests of each past second, the oldest first; at least one */
export async function adapt(
  system: System,
  predictor: Predictor,
  countsPerS: readonly number[],
  current: Plan | undefined,
): Promise<Step> {
  const forecast = await predictor.forecast(countsPerS.slice(-HISTORY_S));
  return { forecast, plan: await system.plan(forecast, current) };
}
