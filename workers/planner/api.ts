import type { Profile } from '../../solver/documents/profile.ts';
import { profileFrontier } from '../../solver/frontier/profile-frontier.ts';
import { loadSolver, type Solver } from '../../solver/ilp/solve.ts';
import { FrontierTooLargeError, InfeasiblePlanError } from '../../solver/plan/errors.ts';
import type { PlanRequest } from '../../solver/plan/options.ts';
import { type Choice, choose } from '../../solver/plan/program.ts';
import { type PlanAt, planOn } from './plan.ts';

/** An infeasible request, as what its error is made of: an error's own fields do not survive the way out of a worker. */
export type Infeasible = Pick<
  InfeasiblePlanError,
  'request' | 'binding' | 'nearestSlaMs' | 'nearestRatePerS'
>;

/** What the program alone chose: without the cells it chose from, whose samples are not worth their way out of a worker. */
export type SolvedPlan = Pick<Choice, 'plan' | 'boundMs' | 'pas' | 'cost'>;

/** What a worker that plans offers to whoever started it. */
export class Planner {
  #solver: Solver | undefined;
  #profile: Profile | undefined;
  #planAt: PlanAt | undefined;

  /** The profile that is planned with from now on. */
  async offer(profile: Profile): Promise<void> {
    this.#solver = await loadSolver();
    this.#planAt = await planOn(profile);
    this.#profile = profile;
  }

  /** What the program chooses, before anything is simulated. */
  solve(request: PlanRequest) {
    return orInfeasible(async (): Promise<SolvedPlan> => {
      const { plan, boundMs, pas, cost } = choose(this.#solver!, this.#profile!, request);
      return { plan, boundMs, pas, cost };
    });
  }

  plan(request: PlanRequest) {
    return orInfeasible(() => this.#planAt!(request));
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

async function orInfeasible<T>(answer: () => Promise<T>) {
  try {
    return { ok: await answer() };
  } catch (error) {
    if (!(error instanceof InfeasiblePlanError)) throw error;
    const { request, binding, nearestSlaMs, nearestRatePerS } = error;
    const infeasible: Infeasible = { request, binding, nearestSlaMs, nearestRatePerS };
    return { infeasible };
  }
}
