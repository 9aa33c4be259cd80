import type { ItemBatch } from '../../models/items/item-batch.ts';
import type { Environment } from '../../workers/environment/environment.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import type { StageWorker } from '../../workers/stage/stage-worker.ts';

export const environment = nodeEnvironment();

/**
 * Makes an environment of Node that calls `onRun` before each run of a session, which fails with the errors of `onRun`.
 * @param longerMs returns the time that is added to the measured time of a run
 */
export const withRuns = (
  onRun: (key: string, items: ItemBatch, worker: StageWorker) => unknown,
  longerMs: (key: string) => number = () => 0,
): Environment => ({
  ...environment,
  async spawn(id, threads) {
    const worker = await environment.spawn(id, threads);
    const run = worker.run.bind(worker);
    return Object.assign(worker, {
      async run(key: string, items: ItemBatch) {
        await onRun(key, items, worker);
        const answer = await run(key, items);
        return { ...answer, inferenceMs: answer.inferenceMs + longerMs(key) };
      },
    });
  },
});
