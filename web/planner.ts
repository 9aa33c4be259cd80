import { wrap } from 'comlink';
import type { Profile } from '../solver/documents/profile.ts';
import { profileId } from '../workers/store/exchange.ts';
import type { Planner, PlanQuestion, PlanResult } from './planner.worker.ts';

export type { PlanQuestion, PlanResult } from './planner.worker.ts';

let planner: ReturnType<typeof wrap<Planner>> | undefined;
let offered: Profile | undefined;

/** Plans in a worker, so that the page stays fluent. A profile is sent there once. */
export async function solve(source: Profile, question: PlanQuestion): Promise<PlanResult> {
  planner ??= wrap<Planner>(new Worker(new URL('./planner.worker.ts', import.meta.url), { type: 'module' }));
  if (offered !== source) {
    await planner.offer(source, await profileId(source));
    offered = source;
  }
  return planner.solve(question);
}
