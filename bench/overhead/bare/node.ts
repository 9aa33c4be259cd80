import { fileURLToPath } from 'node:url';
import { wrap } from 'comlink';
import { spawnWorker } from '../../../workers/environment/node.ts';
import { StageWorker } from '../../../workers/stage/stage-worker.ts';
import type { Spawn } from '../types.ts';
import type { BareApi } from './host.ts';

const WORKER = fileURLToPath(new URL('./worker.node.ts', import.meta.url));

export const spawnInNode: Spawn = async (id, threads) => {
  const raw = spawnWorker(WORKER);
  return { worker: await StageWorker.start(id, raw, threads), bare: wrap<BareApi>(raw.endpoint) };
};
