import type { Served } from '../dispatch/types.ts';
import { canonicalJson } from '../documents/canonical.ts';
import type { Plan } from '../documents/plan.ts';
import { needsMore, sameChoice } from './diff.ts';
import type { Forecast, Predictor } from './predictors/predictor.ts';
import type { System } from './system.ts';

/** One decision: the forecast that it is based on, and what it changes. */
export interface Step {
  readonly forecast: Forecast;
  /** The rate that the new plan was made for. */
  readonly plannedPerS: number;
  /** The new plan, which serves once its workers have started; undefined if the plan decided before stays. */
  readonly plan: Plan | undefined;
  /**
   * The plan with new batch sizes for the sessions that serve until the new plan's workers have started; undefined if the sizes
   * stay.
   */
  readonly interim: Plan | undefined;
}

/**
 * One step of adaptation: forecasts the load, plans for the forecast, and compares the new plan with the last one.
 * @param countsPerS requests of each past second, the oldest first; at least one
 * @param nowS seconds since the load began
 * @param plans.decided the plan that was decided on last
 * @param plans.serving the plan that serves: `decided`, or the plan before while the workers of `decided` start
 * @param served counts of the recent requests; absent if unknown
 */
export async function adaptationStep(
  system: System,
  predictor: Predictor,
  countsPerS: readonly number[],
  nowS: number,
  { decided, serving }: { readonly decided: Plan; readonly serving: Plan },
  served?: Served,
): Promise<Step> {
  const forecast = await predictor.forecast(countsPerS, nowS);
  const load = { forecast, countsPerS, ...(served && { served }) };
  const plan = await system.plan(load, decided, serving);
  const interim = needsMore(plan, serving) ? await system.interim?.(load, serving) : undefined;
  return {
    forecast,
    plannedPerS: plan.ratePerS,
    plan: sameChoice(plan, decided) && sameCorrection(plan, decided) ? undefined : plan,
    interim: interim && !sameChoice(interim, serving) ? interim : undefined,
  };
}

/** Whether two plans were made with the same corrections of the profile, so that they expect the same service times. */
const sameCorrection = (a: Plan, b: Plan): boolean =>
  canonicalJson(a.inService ?? null) === canonicalJson(b.inService ?? null);
