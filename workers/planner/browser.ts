import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile, Profile } from '../../solver/documents/profile.ts';
import type { FrontierPoint } from '../../solver/documents/report.ts';
import { type PlanAsk, planRequest } from '../../solver/plan/request.ts';
import { rawWorker } from '../environment/browser.ts';
import { identify } from '../store/exchange.ts';
import { RemotePlanner } from './remote.ts';

/** Plans in a web worker, so that the page stays fluent. */
export const openPlanner = (): RemotePlanner =>
  new RemotePlanner(() =>
    rawWorker(
      new Worker(new URL('./worker.browser.ts', import.meta.url), { type: 'module', name: 'planner' }),
    ),
  );

/** The worker of every {@link plan} and {@link frontier}. */
const shared = openPlanner();
const identified = new WeakMap<Profile, Promise<IdentifiedProfile>>();

function identifiedOnce(profile: Profile): Promise<IdentifiedProfile> {
  const known = identified.get(profile) ?? identify(profile);
  identified.set(profile, known);
  return known;
}

/** @throws NothingMeasuredError, InfeasiblePlanError, WorkerLostError */
export const plan = async (profile: Profile, ask: PlanAsk): Promise<Plan> =>
  shared.plan(await identifiedOnce(profile), planRequest(profile, ask));

/** @throws NothingMeasuredError, FrontierTooLargeError, WorkerLostError */
export const frontier = async (profile: Profile, ask: PlanAsk): Promise<FrontierPoint[]> =>
  shared.frontier(await identifiedOnce(profile), planRequest(profile, ask));
