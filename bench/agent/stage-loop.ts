import { takeInTurn } from '../../models/items/item-batch.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import { variantSpec } from '../../workers/stage/protocol.ts';
import type { BareWorkers } from '../overhead/bare/bare-workers.ts';
import type { Bench } from '../overhead/types.ts';

/** Batches in flight per worker: 2, as in the dispatch, so that a worker starts the next one without waiting. */
const AHEAD = 2;

/** Runs items on the plan's stage workers without queues or HTTP. Methods return the time in ms until all results are back. */
interface StageLoop {
  /** Runs the given number of items of each stage, in full batches and a last batch with the rest. */
  round(itemCounts: readonly number[]): Promise<number>;
  /** Runs one request, stage by stage: the given number of items of each stage, one in each batch. */
  request(itemCounts: readonly number[]): Promise<number>;
}

/** Loads the plan's sessions into the workers that already hold the bare sessions. */
export async function stageLoop(
  { models, items }: Bench,
  plan: Plan,
  { members }: BareWorkers,
): Promise<StageLoop> {
  const { stages } = models.manifest;
  for (const { worker, planWorker } of members)
    for (const key of planWorker.stages) {
      const stage = models.pipeline.stage(key);
      const planned = plan.stages.find(({ name }) => name === key)!;
      const spec = variantSpec(stage, { key, variant: planned.variant, backend: planned.backend });
      await worker.load(spec, await models.readModels(stage.variant(planned.variant)));
    }
  /** Runs items of a stage on a worker that holds it. */
  async function runOn(worker: (typeof members)[number]['worker'], s: number, all: number, batch: number) {
    let sent = 0;
    const run = async () => {
      while (sent < all) {
        const from = sent;
        const count = Math.min(batch, all - from);
        sent += count;
        await worker.run(stages[s]!.name, takeInTurn(items[s]!, from, count));
      }
    };
    await Promise.all(Array.from({ length: AHEAD }, run));
  }
  return {
    async round(itemCounts) {
      const start = performance.now();
      await Promise.all(
        members.map(async ({ worker, planWorker }) => {
          for (const name of planWorker.stages) {
            const s = stages.findIndex((stage) => stage.name === name);
            const { batch, replicas } = plan.stages[s]!;
            await runOn(worker, s, Math.round(itemCounts[s]! / replicas), batch);
          }
        }),
      );
      return performance.now() - start;
    },
    async request(itemCounts) {
      const start = performance.now();
      for (const [s, { name }] of stages.entries()) {
        const holders = members.filter(({ planWorker }) => planWorker.stages.includes(name));
        const share = Math.ceil(itemCounts[s]! / holders.length);
        await Promise.all(holders.map(({ worker }) => runOn(worker, s, share, 1)));
      }
      return performance.now() - start;
    },
  };
}
