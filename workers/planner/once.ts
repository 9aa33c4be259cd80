import type { Plan } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import type { FrontierPoint } from '../../solver/documents/report.ts';
import { profileFrontier } from '../../solver/frontier/profile-frontier.ts';
import { type PartialPlanRequest, planRequest } from '../../solver/plan/request.ts';
import { identify } from '../store/exchange.ts';
import { Planner } from './planner.ts';

/**
 * Opens a planner for one call of {@link Planner.plan}.
 * @throws InvalidDocumentError, UnsupportedDocumentError, NothingMeasuredError, NoAccuracyError, UnmeasuredBodyError,
 * InfeasiblePlanError
 */
export const planOnce = async (profile: Profile, request: PartialPlanRequest): Promise<Plan> =>
  (await Planner.open(await identify(profile))).plan(planRequest(profile, request));

/**
 * Every Pareto-best choice of accuracy, cost and latency bound, exact, each with the weights that choose it, if any do. Empty
 * if nothing is feasible.
 * @throws InvalidDocumentError, UnsupportedDocumentError, NothingMeasuredError, NoAccuracyError, UnmeasuredBodyError,
 * FrontierTooLargeError
 */
export const frontierOnce = async (profile: Profile, request: PartialPlanRequest): Promise<FrontierPoint[]> =>
  profileFrontier(profile, planRequest(profile, request));
