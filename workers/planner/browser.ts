import { type Remote, wrap } from 'comlink';
import type { PlanAsk } from '../../solver/defaults.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import type { FrontierPoint } from '../../solver/documents/report.ts';
import { FrontierTooLargeError, InfeasiblePlanError } from '../../solver/errors.ts';
import type { PlannerApi } from './worker.browser.ts';

/** `plan` and `frontier` of a page: in a worker of their own, so that the page stays fluent. */

let planner: Remote<PlannerApi> | undefined;
let offered: Profile | undefined;

/** A profile is large: it is sent once. */
async function plannerFor(profile: Profile): Promise<Remote<PlannerApi>> {
  planner ??= wrap<PlannerApi>(
    new Worker(new URL('./worker.browser.ts', import.meta.url), { type: 'module' }),
  );
  if (offered !== profile) {
    offered = profile;
    await planner.offer(profile);
  }
  return planner;
}

/** @throws NothingMeasuredError, InfeasiblePlanError */
export async function plan(profile: Profile, ask: PlanAsk): Promise<Plan> {
  const answer = await (await plannerFor(profile)).plan(ask);
  if (answer.ok) return answer.ok;
  const { request, binding, nearestSlaMs, nearestRatePerS } = answer.infeasible;
  throw new InfeasiblePlanError(request, binding, nearestSlaMs, nearestRatePerS);
}

/** @throws NothingMeasuredError, FrontierTooLargeError */
export async function frontier(profile: Profile, ask: PlanAsk): Promise<FrontierPoint[]> {
  const answer = await (await plannerFor(profile)).frontier(ask);
  if (answer.ok) return answer.ok;
  throw new FrontierTooLargeError(answer.tooLarge.stage, answer.tooLarge.most);
}
