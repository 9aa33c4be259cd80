import type { Plan } from '../documents/plan.ts';
import type { Forecast } from './predictors/predictor.ts';

/** What is known of the load when a plan is made. */
export interface Situation {
  readonly forecast: Forecast;
  /** Requests of each of the last seconds, the oldest first; at least one. */
  readonly countsPerS: readonly number[];
}

/** Plans for a load that changes: the system of this project, or one of the systems it is compared with. */
export interface System {
  /** As documents and commands call the system, e.g. `ours`, `ipa`. */
  readonly name: string;
  /**
   * The plan for the seconds to come. Where nothing meets the SLA, the plan that the system would run then.
   * @param current the plan that was decided on last; undefined: none was yet
   * @throws NothingMeasuredError, and InfeasiblePlanError where no current plan could stay
   */
  plan(situation: Situation, current: Plan | undefined): Promise<Plan>;
  /** The best batches for the sessions that serve until those of a new plan have started. Absent: their batches stay. */
  interim?(situation: Situation, serving: Plan): Promise<Plan>;
  /** Whether the load has overtaken the forecast, so that the next decision must not wait for its interval to end. */
  overtaken(forecast: Forecast, countsPerS: readonly number[]): boolean;
}
