import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile, Profile } from '../../solver/documents/profile.ts';
import type { FrontierPoint } from '../../solver/documents/report.ts';
import { getOrMake } from '../../solver/math/maps.ts';
import { type PartialPlanRequest, planRequest } from '../../solver/plan/request.ts';
import { rawWorker } from '../environment/browser.ts';
import { identify } from '../store/exchange.ts';
import { RemotePlanner } from './remote.ts';

/** Opens a planner in a web worker, so that the page stays responsive. */
export const openPlanner = (): RemotePlanner =>
  new RemotePlanner(() =>
    rawWorker(
      new Worker(new URL('./worker.browser.ts', import.meta.url), { type: 'module', name: 'planner' }),
    ),
  );

/** The planner that all calls of {@link plan} and {@link frontier} share. */
const shared = openPlanner();
const identified = new WeakMap<Profile, Promise<IdentifiedProfile>>();

const identifiedOnce = (profile: Profile): Promise<IdentifiedProfile> =>
  getOrMake(identified, profile, identify);

/**
 * The best plan for a request. Its `predicted` says whether the plan keeps the SLA in the simulation.
 * @throws InvalidDocumentError, UnsupportedDocumentError, NothingMeasuredError, NoAccuracyError, UnmeasuredBodyError,
 * InfeasiblePlanError, WorkerLostError
 */
export const plan = async (profile: Profile, request: PartialPlanRequest): Promise<Plan> => {
  const asked = planRequest(profile, request);
  return shared.plan(await identifiedOnce(profile), asked);
};

/**
 * Every Pareto-best choice of accuracy, cost and latency bound for a request.
 * @throws InvalidDocumentError, UnsupportedDocumentError, NothingMeasuredError, NoAccuracyError, UnmeasuredBodyError,
 * FrontierTooLargeError, WorkerLostError
 */
export const frontier = async (profile: Profile, request: PartialPlanRequest): Promise<FrontierPoint[]> => {
  const asked = planRequest(profile, request);
  return shared.frontier(await identifiedOnce(profile), asked);
};
