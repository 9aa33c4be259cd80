import { expose } from 'comlink';
import type { PlanAsk } from '../../solver/defaults.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { FrontierTooLargeError, InfeasiblePlanError } from '../../solver/errors.ts';
import { frontier, plan } from './plan.ts';

/** An infeasible ask, as what its error is made of: an error's own fields do not survive the way out of a worker. */
export type Infeasible = Pick<
  InfeasiblePlanError,
  'request' | 'binding' | 'nearestSlaMs' | 'nearestRatePerS'
>;

let profile: Profile;

const planner = {
  /** The profile that is planned with from now on. */
  offer(offered: Profile): void {
    profile = offered;
  },
  async plan(ask: PlanAsk) {
    try {
      return { ok: await plan(profile, ask) };
    } catch (error) {
      if (!(error instanceof InfeasiblePlanError)) throw error;
      const { request, binding, nearestSlaMs, nearestRatePerS } = error;
      const infeasible: Infeasible = { request, binding, nearestSlaMs, nearestRatePerS };
      return { infeasible };
    }
  },
  async frontier(ask: PlanAsk) {
    try {
      return { ok: await frontier(profile, ask) };
    } catch (error) {
      if (!(error instanceof FrontierTooLargeError)) throw error;
      const { stage, most } = error;
      return { tooLarge: { stage, most } };
    }
  },
};

export type PlannerApi = typeof planner;

expose(planner);
