import type { Plan } from '../documents/plan.ts';
import { type Forecast, HISTORY_S, type Predictor } from '../predictors/predictor.ts';
import { sameChoice, sameSessions } from './diff.ts';

/** What is known of the load when a plan is made. */
export interface Situation {
  readonly forecast: Forecast;
  /** Requests of each of the last seconds, the oldest first; at least one. */
  readonly countsPerS: readonly number[];
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
  /** What the sessions that there are had best do until those of a new plan have started. Absent: they go on as they do. */
  interim?(situation: Situation, current: Plan): Promise<Plan>;
  /** Whether a plan must not wait for the end of its interval. */
  overtaken(forecast: Forecast, countsPerS: readonly number[]): boolean;
}

/** What an adapter saw and decided in one step. */
export interface Step {
  readonly forecast: Forecast;
  /** The rate that was planned for. */
  readonly plannedPerS: number;
  /** To be followed one after the other, each once its workers have started; none: the current plan stays. */
  readonly plans: readonly Plan[];
}

/**
 * One step of adaptation.
 * @param countsPerS requests of each past second, the oldest first; at least one
 * @param nowS seconds since the load began
 */
export async function adapt(
  system: System,
  predictor: Predictor,
  countsPerS: readonly number[],
  nowS: number,
  current: Plan,
): Promise<Step> {
  const known = countsPerS.slice(-HISTORY_S);
  const forecast = await predictor.forecast(known, nowS);
  const situation = { forecast, countsPerS: known };
  const plan = await system.plan(situation, current);
  const { ratePerS: plannedPerS } = plan;
  if (sameChoice(plan, current)) return { forecast, plannedPerS, plans: [] };
  const interim = sameSessions(plan, current) ? undefined : await system.interim?.(situation, current);
  const changes = interim !== undefined && !sameChoice(interim, current);
  return { forecast, plannedPerS, plans: changes ? [interim, plan] : [plan] };
}
