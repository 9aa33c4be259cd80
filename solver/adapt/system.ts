import type { Served } from '../dispatch/types.ts';
import type { Plan } from '../documents/plan.ts';
import type { Forecast } from './predictors/predictor.ts';

/** The load as a system knows it when it makes a plan. */
export interface LoadState {
  readonly forecast: Forecast;
  /** Number of requests in each of the past seconds, the oldest first; at least one second. */
  readonly countsPerS: readonly number[];
  /** Counts of the recent requests; absent if unknown. */
  readonly served?: Served;
}

/** Makes plans for a changing load: the system of this project, or one of the systems it is compared with. */
export interface System {
  /** The system's name in documents and commands, e.g. `ours` or `ipa`. */
  readonly name: string;
  /**
   * The plan for the coming seconds. If no plan meets the SLA, this is the plan that the system falls back to.
   * @param current the plan that was decided on last; undefined before the first decision
   * @param serving the plan that serves: `current`, or the plan before while the workers of `current` start
   * @throws NothingMeasuredError; InfeasiblePlanError if no plan meets the SLA and there is no current plan to stay with
   */
  plan(load: LoadState, current: Plan | undefined, serving?: Plan): Promise<Plan>;
  /**
   * A plan that changes only the batch sizes of the sessions that serve, for the time until the workers of a new plan have
   * started. Without this method the batch sizes stay.
   */
  interim?(load: LoadState, serving: Plan): Promise<Plan>;
  /** Whether the load has exceeded the forecast, so that the next decision must not wait for the end of its interval. */
  overtaken(forecast: Forecast, countsPerS: readonly number[]): boolean;
}
