import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { profileFrontier } from '../../solver/frontier/profile-frontier.ts';
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
  #measured: IdentifiedProfile | undefined;
  #planner: Planner | undefined;

  /** Sets the profile that all later calls plan on. */
  async planOn(measured: IdentifiedProfile): Promise<void> {
    this.#measured = measured;
    this.#planner = undefined;
  }

  async plan(request: PlanRequest) {
    const planner = await this.#opened();
    return replyOf(() => planner.plan(request));
  }

  async solve(request: PlanRequest) {
    const planner = await this.#opened();
    return replyOf(() => planner.solve(request));
  }

  /** Finds the frontier, without the planner, because a worker that only finds frontiers then loads no GLPK. */
  async frontier(request: PlanRequest) {
    return replyOf(() => profileFrontier(this.#measured!.profile, request));
  }

  /**
   * The planner of the present profile. It is kept only if it could be opened, so that a later call tries again, and only if no
   * other profile was set meanwhile.
   */
  async #opened(): Promise<Planner> {
    const measured = this.#measured!;
    const planner = this.#planner ?? (await Planner.open(measured));
    if (measured === this.#measured) this.#planner = planner;
    return planner;
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
