import { fileURLToPath } from 'node:url';
import { spawnWorker } from '../environment/node.ts';
import { RemotePlanner } from './remote.ts';

const WORKER = fileURLToPath(new URL('./worker.node.ts', import.meta.url));

/** Opens a planner in a child process, so that this process can keep serving. The child ends with this process at the latest. */
export const openPlanner = (): RemotePlanner => new RemotePlanner(() => spawnWorker(WORKER));
