import type { Profile } from '../../solver/documents/profile.ts';
import { FrontierTooLargeError, InfeasiblePlanError } from '../../solver/errors.ts';
import type { PlanRequest } from '../../solver/options.ts';
import { profileFrontier } from '../../solver/profile-frontier.ts';
import { type PlanAt, planOn } from './plan.ts';

/** An infeasible request, as what its error is made of: an error's own fields do not survive the way out of a worker. */
type Infeasible = Pick<InfeasiblePlanError, 'request' | 'binding' | 'nearestSlaMs' | 'nearestRatePerS'>;

/** What a worker that plans offers to whoever started it. */
export class Planner {
  #profile: Profile | undefined;
  #planAt: PlanAt | undefined;

  /** The profile that is planned with from now on. */
  async offer(profile: Profile): Promise<void> {
    this.#planAt = await planOn(profile);
    this.#profile = profile;
  }

  async plan(request: PlanRequest) {
    try {
      return { ok: await this.#planAt!(request) };
    } catch (error) {
      if (!(error instanceof InfeasiblePlanError)) throw error;
      const { request, binding, nearestSlaMs, nearestRatePerS } = error;
      const infeasible: Infeasible = { request, binding, nearestSlaMs, nearestRatePerS };
      return { infeasible };
    }
  }

  async frontier(request: PlanRequest) {
    try {
      return { ok: profileFrontier(this.#profile!, request) };
    } catch (error) {
      if (!(error instanceof FrontierTooLargeError)) throw error;
      const { stage, most } = error;
      return { tooLarge: { stage, most } };
    }
  }
}
