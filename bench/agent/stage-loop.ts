import { takeInTurn } from '../../models/items/item-batch.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import { variantSpec } from '../../workers/stage/protocol.ts';
import type { BareWorkers } from '../overhead/bare/bare-workers.ts';
import type { Bench } from '../overhead/types.ts';

/** Batches in flight per worker: 2, as in the dispatch, so that a worker starts the next one without waiting. */
const AHEAD = 2;

/**
 * Loads the plan's sessions into the same workers as the bare ones.
 * @returns a function that runs the given number of items of each stage on the workers, in full batches without queues or HTTP,
 * and returns the time until all results are back, in ms
 */
export async function stageLoop({ models, items }: Bench, plan: Plan, { members }: BareWorkers) {
  const { stages } = models.manifest;
  for (const { worker, planWorker } of members)
    for (const key of planWorker.stages) {
      const stage = models.pipeline.stage(key);
      const planned = plan.stages.find(({ name }) => name === key)!;
      const spec = variantSpec(stage, { key, variant: planned.variant, backend: planned.backend });
      await worker.load(spec, await models.readModels(stage.variant(planned.variant)));
    }
  return async (itemCounts: readonly number[]): Promise<number> => {
    const start = performance.now();
    await Promise.all(
      members.map(async ({ worker, planWorker }) => {
        for (const name of planWorker.stages) {
          const s = stages.findIndex((stage) => stage.name === name);
          const { batch, replicas } = plan.stages[s]!;
          const share = Math.round(itemCounts[s]! / replicas);
          let sent = 0;
          const run = async () => {
            while (sent < share) {
              const from = sent;
              const count = Math.min(batch, share - from);
              sent += count;
              await worker.run(name, takeInTurn(items[s]!, from, count));
            }
          };
          await Promise.all(Array.from({ length: AHEAD }, run));
        }
      }),
    );
    return performance.now() - start;
  };
}
