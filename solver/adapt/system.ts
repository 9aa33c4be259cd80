import type { Plan } from '../documents/plan.ts';
import { needsMore, sameChoice } from './diff.ts';
import { type Forecast, HISTORY_S, type Predictor } from './predictors/predictor.ts';

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
  interim?(situation: Situation, serving: Plan): Promise<Plan>;
  /** Whether a plan must not wait for the end of its interval. */
  overtaken(forecast: Forecast, countsPerS: readonly number[]): boolean;
}

/** What an adapter saw and decided in one step. */
export interface Step {
  readonly forecast: Forecast;
  /** The rate that was planned for. */
  readonly plannedPerS: number;
  /** What is to serve once its workers have started; undefined: what was decided before. */
  readonly plan: Plan | undefined;
  /** What the sessions that serve are to do at once; undefined: go on as they do. */
  readonly interim: Plan | undefined;
}

/**
 * One step of adaptation.
 * @param countsPerS requests of each past second, the oldest first; at least one
 * @param nowS seconds since the load began
 * @param decided the plan that was decided on last
 * @param serving the plan that serves: the same, unless the workers of that one have not started yet
 */
export async function adapt(
  system: System,
  predictor: Predictor,
  countsPerS: readonly number[],
  nowS: number,
  { decided, serving }: { readonly decided: Plan; readonly serving: Plan },
): Promise<Step> {
  const known = countsPerS.slice(-HISTORY_S);
  const forecast = await predictor.forecast(known, nowS);
  const situation = { forecast, countsPerS: known };
  const plan = await system.plan(situation, decided);
  const waits = needsMore(plan, serving);
  const interim = waits ? await system.interim?.(situation, serving) : undefined;
  return {
    forecast,
    plannedPerS: plan.ratePerS,
    plan: sameChoice(plan, decided) ? undefined : plan,
    interim: interim && !sameChoice(interim, serving) ? interim : undefined,
  };
}
