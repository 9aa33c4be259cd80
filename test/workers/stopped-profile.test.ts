import { expect, test } from 'vitest';
import type { ItemBatch } from '../../models/items/item-batch.ts';
import type { Environment } from '../../workers/environment/environment.ts';
import { profile } from '../../workers/profiler/profile.ts';
import type { MeasuredRun } from '../../workers/stage/protocol.ts';
import { MemoryStore } from '../../workers/store/memory.ts';
import { until } from '../until.ts';
import { loadSmallFashion } from './fashion.ts';
import { environment } from './with-runs.ts';

test('a profile is stopped in the middle of a batch that its worker never answers', async () => {
  const cells: unknown[] = [];
  let hangs = false;
  const hanging: Environment = {
    ...environment,
    async spawn(id, threads) {
      const worker = await environment.spawn(id, threads);
      const run = worker.run.bind(worker);
      return Object.assign(worker, {
        async run(key: string, items: ItemBatch): Promise<MeasuredRun> {
          if (!cells.length) return run(key, items);
          hangs = true;
          throw new Error(await worker.lost);
        },
      });
    },
  };
  const controller = new AbortController();
  const asked = profile({
    models: await loadSmallFashion(),
    environment: hanging,
    store: new MemoryStore(),
    settings: { backends: ['cpu'], threads: [1], batches: [1], budgetS: 1, seed: 1 },
    signal: controller.signal,
    onProgress: ({ finished }) => finished && cells.push(finished),
  });
  await until(() => expect(hangs).toBe(true));
  controller.abort(new Error('stopped'));
  await expect(asked).rejects.toThrow('stopped');
  expect(cells).toHaveLength(1);
});
