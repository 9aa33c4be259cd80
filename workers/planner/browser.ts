import type { Plan } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import type { FrontierPoint } from '../../solver/documents/report.ts';
import { type PlanAsk, planRequest } from '../../solver/plan/request.ts';
import { rawWorker } from '../environment/browser.ts';
import { RemotePlanner } from './remote.ts';

/** `plan` and `frontier` of a page: in a worker of their own, so that the page stays fluent. */

const startWorker = () =>
  rawWorker(new Worker(new URL('./worker.browser.ts', import.meta.url), { type: 'module', name: 'planner' }));

let planner: RemotePlanner | undefined;
let offered: Profile | undefined;
let last: Promise<unknown> = Promise.resolve();

/** A profile is large: it is sent once. Who asks waits for those before, so that no other profile comes between. */
function onProfile<T>(profile: Profile, ask: (planner: RemotePlanner) => Promise<T>): Promise<T> {
  const answer = last.then(async () => {
    planner ??= new RemotePlanner(startWorker());
    if (offered !== profile) await planner.offer(profile);
    offered = profile;
    return ask(planner);
  });
  last = answer.catch(() => {});
  return answer;
}

/** @throws NothingMeasuredError, InfeasiblePlanError, WorkerLostError */
export const plan = (profile: Profile, ask: PlanAsk): Promise<Plan> =>
  onProfile(profile, (on) => on.planAt(planRequest(profile, ask)));

/** @throws NothingMeasuredError, FrontierTooLargeError, WorkerLostError */
export const frontier = (profile: Profile, ask: PlanAsk): Promise<FrontierPoint[]> =>
  onProfile(profile, (on) => on.frontier(planRequest(profile, ask)));

/**
 * Plans on a profile in a worker of its own: beside `plan`, which may be asked for other profiles.
 * @throws WorkerLostError
 */
export const openPlanner = (profile: Profile): Promise<RemotePlanner> =>
  RemotePlanner.open(startWorker(), profile);
