import { join } from 'node:path';
import { ROOT } from '../workers/command/root.ts';
import type { Environment } from '../workers/environment/environment.ts';
import { nodeEnvironment, spawnWorker } from '../workers/environment/node.ts';
import { StageWorker } from '../workers/stage/stage-worker.ts';

/**
 * The compiled library, which is built before the tests: a process of it starts in a third of the time that the TypeScript of a
 * checkout takes. `test/package/third-task.test.ts` starts the TypeScript.
 */
export const compiled = (file: string): string => join(ROOT, 'dist/lib', file);

export const IPA_EDGE = compiled('bench/cli.js');
export const IPA_AGENT = compiled('agent/cli.js');

/** The environment of Node with compiled stage workers. */
export function compiledEnvironment(): Environment {
  const worker = compiled('workers/stage/worker.node.js');
  return {
    ...nodeEnvironment(),
    spawn: (id, threads) => StageWorker.start(id, spawnWorker(worker), threads),
  };
}
