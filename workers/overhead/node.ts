import { fileURLToPath } from 'node:url';
import { wrap } from 'comlink';
import { spawnWorker } from '../environment/node.ts';
import { StageWorker } from '../stage/stage-worker.ts';
import type { BareApi } from './host.ts';
import type { Spawn } from './types.ts';

const WORKER = fileURLToPath(new URL('./worker.node.ts', import.meta.url));

/** Workers of the overhead benchmarks as child processes. */
export const spawnInNode: Spawn = async (id, threads) => {
  const raw = spawnWorker(WORKER);
  return { worker: await StageWorker.start(id, raw, threads), bare: wrap<BareApi>(raw.endpoint) };
};
