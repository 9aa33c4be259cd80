import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { FrontierTooLargeError, InfeasiblePlanError } from '../../solver/plan/errors.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { Planner } from './planner.ts';

/** An answer, or the arguments to make its error from, because an error loses its fields on the way out of a worker. */
export type Reply<T> =
  | { readonly ok: T }
  | { readonly infeasible: ConstructorParameters<typeof InfeasiblePlanError> }
  | { readonly tooLarge: ConstructorParameters<typeof FrontierTooLargeError> };

/** The functions of a planning worker, for calls from the thread or process that started the worker. */
export class PlannerService {
  #planner: Planner | undefined;

  /** Sets the profile that all later calls plan on. */
  async planOn(measured: IdentifiedProfile): Promise<void> {
    this.#planner = await Planner.open(measured);
  }

  async plan(request: PlanRequest) {
    return replyOf(() => this.#planner!.plan(request));
  }

  async solve(request: PlanRequest) {
    return replyOf(() => this.#planner!.solve(request));
  }

  async frontier(request: PlanRequest) {
    return replyOf(() => this.#planner!.frontier(request));
  }
}

function replyOf<T>(answer: () => T): Reply<T> {
  try {
    return { ok: answer() };
  } catch (error) {
    if (error instanceof InfeasiblePlanError) {
      const { request, binding, nearestSlaMs, nearestRatePerS } = error;
      return { infeasible: [request, binding, nearestSlaMs, nearestRatePerS] };
    }
    if (error instanceof FrontierTooLargeError) return { tooLarge: [error.stage, error.most] };
    throw error;
  }
}
