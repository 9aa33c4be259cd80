import { fileURLToPath } from 'node:url';
import { wrap } from 'comlink';
import type { Profile } from '../../solver/documents/profile.ts';
import { forkWorker } from '../environment/node.ts';
import { type OpenPlanner, type Planner, planThrough } from './api.ts';

const WORKER = fileURLToPath(new URL('./worker.node.ts', import.meta.url));

/** Plans on a profile in a child process, so that this one goes on serving. It ends with this one at the latest. */
export async function openPlanner(profile: Profile): Promise<OpenPlanner> {
  const worker = forkWorker(WORKER);
  const planner = wrap<Planner>(worker.endpoint);
  await planner.offer(profile);
  return { planAt: planThrough(planner), close: worker.terminate };
}
