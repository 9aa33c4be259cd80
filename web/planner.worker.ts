import { expose } from 'comlink';
import { DEFAULT_OBJECTIVE, DEFAULT_PERCENTILE, resourcesOf } from '../solver/defaults.ts';
import type { Plan } from '../solver/documents/plan.ts';
import type { Profile } from '../solver/documents/profile.ts';
import type { FrontierPoint } from '../solver/documents/report.ts';
import { InfeasiblePlanError } from '../solver/errors.ts';
import { loadSolver } from '../solver/ilp/solve.ts';
import type { PlanRequest } from '../solver/options.ts';
import { type ProfileSource, plan } from '../solver/planner.ts';
import { profileFrontier } from '../solver/profile-frontier.ts';

export interface PlanQuestion {
  readonly slaMs: number;
  readonly ratePerS: number;
}

export type PlanResult =
  | { readonly state: 'planned'; readonly plan: Plan; readonly frontier: readonly FrontierPoint[] }
  | {
      readonly state: 'none';
      /** What binds, and what would work. */
      readonly message: string;
      readonly nearestSlaMs: number | null;
      readonly nearestRatePerS: number | null;
    };

let source: ProfileSource | undefined;

const planner = {
  /** The profile that is planned with from now on. */
  offer(profile: Profile, sha256: string): void {
    source = { profile, sha256 };
  },
  async solve({ slaMs, ratePerS }: PlanQuestion): Promise<PlanResult> {
    const { profile } = source!;
    const request: PlanRequest = {
      slaMs,
      ratePerS,
      percentile: DEFAULT_PERCENTILE,
      objective: DEFAULT_OBJECTIVE,
      resources: resourcesOf(profile.device),
    };
    const solver = await loadSolver();
    try {
      return {
        state: 'planned',
        plan: plan(solver, source!, request),
        frontier: profileFrontier(solver, profile, request),
      };
    } catch (error) {
      // An error's own fields do not survive the way out of a worker.
      if (!(error instanceof InfeasiblePlanError)) throw error;
      const { message, nearestSlaMs, nearestRatePerS } = error;
      return { state: 'none', message, nearestSlaMs, nearestRatePerS };
    }
  },
};

export type Planner = typeof planner;

expose(planner);
