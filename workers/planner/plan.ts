import type { Plan } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import type { FrontierPoint } from '../../solver/documents/report.ts';
import { profileFrontier } from '../../solver/frontier/profile-frontier.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import type { PlanRequest } from '../../solver/plan/options.ts';
import * as planner from '../../solver/plan/planner.ts';
import { type PlanAsk, planRequest } from '../../solver/plan/request.ts';
import { SimulatedPlans } from '../../solver/plan/simulated-plans.ts';
import { profileId } from '../store/exchange.ts';

/** Plans where it is called: in Node, or in a worker of a page (GLPK cannot load on a page's own thread). */

/** Answers requests on one profile. @throws NothingMeasuredError, InfeasiblePlanError */
export type PlanAt = (request: PlanRequest) => Promise<Plan>;

/** Plans on a profile, and remembers what it has simulated. */
export async function planOn(profile: Profile): Promise<PlanAt> {
  const source = { profile, sha256: await profileId(profile) };
  const solver = await loadSolver();
  const simulated = new SimulatedPlans();
  return async (request) => planner.plan(solver, source, request, simulated);
}

/**
 * The best plan for an SLA and rate, exact and confirmed by simulation.
 * @throws NothingMeasuredError, InfeasiblePlanError
 */
export const plan = async (profile: Profile, ask: PlanAsk): Promise<Plan> =>
  (await planOn(profile))(planRequest(profile, ask));

/**
 * Every Pareto-best choice of accuracy, cost and latency bound for an SLA and rate, exact, each with the weights that
 * choose it; none where nothing is feasible.
 * @throws NothingMeasuredError, FrontierTooLargeError
 */
export const frontier = async (profile: Profile, ask: PlanAsk): Promise<FrontierPoint[]> =>
  profileFrontier(profile, planRequest(profile, ask));
