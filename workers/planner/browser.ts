import { type Remote, wrap } from 'comlink';
import { type PlanAsk, planRequest } from '../../solver/defaults.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import type { FrontierPoint } from '../../solver/documents/report.ts';
import { FrontierTooLargeError } from '../../solver/errors.ts';
import { type OpenPlanner, type Planner, planThrough } from './api.ts';

/** `plan` and `frontier` of a page: in a worker of their own, so that the page stays fluent. */

const startWorker = () =>
  new Worker(new URL('./worker.browser.ts', import.meta.url), { type: 'module', name: 'planner' });

let planner: Remote<Planner> | undefined;
let offered: Profile | undefined;

/** A profile is large: it is sent once. */
async function plannerFor(profile: Profile): Promise<Remote<Planner>> {
  planner ??= wrap<Planner>(startWorker());
  if (offered !== profile) {
    offered = profile;
    await planner.offer(profile);
  }
  return planner;
}

/** @throws NothingMeasuredError, InfeasiblePlanError */
export const plan = async (profile: Profile, ask: PlanAsk): Promise<Plan> =>
  planThrough(await plannerFor(profile))(planRequest(profile, ask));

/** @throws NothingMeasuredError, FrontierTooLargeError */
export async function frontier(profile: Profile, ask: PlanAsk): Promise<FrontierPoint[]> {
  const answer = await (await plannerFor(profile)).frontier(planRequest(profile, ask));
  if (answer.ok) return answer.ok;
  throw new FrontierTooLargeError(answer.tooLarge.stage, answer.tooLarge.most);
}

/** Plans on a profile in a worker of its own: beside `plan`, which may be asked for other profiles. */
export async function openPlanner(profile: Profile): Promise<OpenPlanner> {
  const worker = startWorker();
  const remote = wrap<Planner>(worker);
  await remote.offer(profile);
  return { planAt: planThrough(remote), close: () => worker.terminate() };
}
