import { fileURLToPath } from 'node:url';
import type { Profile } from '../../solver/documents/profile.ts';
import { spawnWorker } from '../environment/node.ts';
import { RemotePlanner } from './remote.ts';

const WORKER = fileURLToPath(new URL('./worker.node.ts', import.meta.url));

/**
 * Plans on a profile in a child process, so that this one goes on serving. It ends with this one at the latest.
 * @throws WorkerLostError
 */
export const openPlanner = (profile: Profile): Promise<RemotePlanner> =>
  RemotePlanner.open(spawnWorker(WORKER), profile);
