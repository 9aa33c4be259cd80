import type { Plan } from '../documents/plan.ts';
import { needsMore, sameChoice } from './diff.ts';
import type { Forecast, Predictor } from './predictors/predictor.ts';
import type { System } from './system.ts';

/** What one decision saw and decided. */
export interface Step {
  readonly forecast: Forecast;
  /** The rate that was planned for. */
  readonly plannedPerS: number;
  /** The plan that is to serve once its workers have started; undefined: the plan decided before stays. */
  readonly plan: Plan | undefined;
  /** The batches that the sessions which serve now are to run from now on; undefined: those they run already. */
  readonly interim: Plan | undefined;
}

/**
 * One step of adaptation: counts → forecast → plan → what changes.
 * @param countsPerS requests of each past second, the oldest first; at least one
 * @param nowS seconds since the load began
 * @param plans.decided the plan that was decided on last
 * @param plans.serving the plan that serves: the same, unless the workers of `decided` have not started yet
 */
export async function adaptationStep(
  system: System,
  predictor: Predictor,
  countsPerS: readonly number[],
  nowS: number,
  { decided, serving }: { readonly decided: Plan; readonly serving: Plan },
): Promise<Step> {
  const forecast = await predictor.forecast(countsPerS, nowS);
  const situation = { forecast, countsPerS };
  const plan = await system.plan(situation, decided);
  const interim = needsMore(plan, serving) ? await system.interim?.(situation, serving) : undefined;
  return {
    forecast,
    plannedPerS: plan.ratePerS,
    plan: sameChoice(plan, decided) ? undefined : plan,
    interim: interim && !sameChoice(interim, serving) ? interim : undefined,
  };
}
