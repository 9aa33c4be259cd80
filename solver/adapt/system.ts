import type { Served } from '../dispatch/types.ts';
import type { Plan } from '../documents/plan.ts';
import type { Forecast } from './predictors/predictor.ts';

/** What a system knows about the load when it makes a plan. */
export interface LoadState {
  readonly forecast: Forecast;
  /** Requests of each of the last seconds, the oldest first; at least one. */
  readonly countsPerS: readonly number[];
  /** What has become of the requests lately; absent if it is not known. */
  readonly served?: Served;
}

/** Makes plans for a changing load: the system of this project, or one of the systems it is compared with. */
export interface System {
  /** The system's name in documents and commands, e.g. `ours` or `ipa`. */
  readonly name: string;
  /**
   * The plan for the coming seconds. If no plan meets the SLA, the plan that the system would then run.
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
