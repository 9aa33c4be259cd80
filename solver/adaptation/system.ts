import type { Plan } from '../documents/plan.ts';
import { type Forecast, HISTORY_S, type Predictor } from '../predictors/predictor.ts';
import { sameChoice } from './diff.ts';

/** What is known of the load when a plan is made. */
export interface Situation extends Observed {
  readonly forecast: Forecast;
}

/** What was seen of a load. */
export interface Observed {
  /** Requests of each of the last seconds, the oldest first; at least one. */
  readonly countsPerS: readonly number[];
  /** Requests that have not ended. */
  readonly open: number;
}

/** Plans for a load that changes: ours, or a rival. */
export interface System {
  readonly name: string;
  /**
   * The plan for what is to come. Where nothing meets the SLA it answers with what it would run then.
   * @param current what runs now; undefined: nothing does yet
   * @throws NothingMeasuredError, and InfeasiblePlanError where nothing runs yet that could stay
   */
  plan(situation: Situation, current: Plan | undefined): Promise<Plan>;
  /** Whether a plan must not wait for the end of its interval. */
  overtaken(forecast: Forecast, countsPerS: readonly number[]): boolean;
}

/** What an adapter saw and decided in one step. */
export interface Step {
  readonly forecast: Forecast;
  /** The rate that was planned for. */
  readonly plannedPerS: number;
  /** The current one where nothing changes but the rate that it was made for. */
  readonly plan: Plan;
}

/** One step of adaptation. @param nowS seconds since the load began */
export async function adapt(
  system: System,
  predictor: Predictor,
  { countsPerS, open }: Observed,
  nowS: number,
  current: Plan | undefined,
): Promise<Step> {
  const known = countsPerS.slice(-HISTORY_S);
  const forecast = await predictor.forecast(known, nowS);
  const plan = await system.plan({ forecast, countsPerS: known, open }, current);
  const stays = current !== undefined && sameChoice(plan, current);
  return { forecast, plannedPerS: plan.ratePerS, plan: stays ? current : plan };
}
