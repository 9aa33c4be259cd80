import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { FrontierTooLargeError, InfeasiblePlanError } from '../../solver/plan/errors.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { Planner } from './planner.ts';

/**
 * The fields that an InfeasiblePlanError is made from. They are sent instead of the error, because an error loses its fields on
 * the way out of a worker.
 */
export type Infeasible = Pick<
  InfeasiblePlanError,
  'request' | 'binding' | 'nearestSlaMs' | 'nearestRatePerS'
>;

/** The functions of a planning worker, for calls from the thread or process that started the worker. */
export class PlannerService {
  #planner: Planner | undefined;

  /** Sets the profile that all later calls plan on. */
  async offer(measured: IdentifiedProfile): Promise<void> {
    this.#planner = await Planner.open(measured);
  }

  async plan(request: PlanRequest) {
    return orInfeasible(() => this.#planner!.plan(request));
  }

  async solve(request: PlanRequest) {
    return orInfeasible(() => this.#planner!.solve(request));
  }

  async frontier(request: PlanRequest) {
    try {
      return { ok: this.#planner!.frontier(request) };
    } catch (error) {
      if (!(error instanceof FrontierTooLargeError)) throw error;
      const { stage, most } = error;
      return { tooLarge: { stage, most } };
    }
  }
}

function orInfeasible<T>(answer: () => T) {
  try {
    return { ok: answer() };
  } catch (error) {
    if (!(error instanceof InfeasiblePlanError)) throw error;
    const { request, binding, nearestSlaMs, nearestRatePerS } = error;
    const infeasible: Infeasible = { request, binding, nearestSlaMs, nearestRatePerS };
    return { infeasible };
  }
}
