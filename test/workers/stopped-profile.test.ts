import { expect, test } from 'vitest';
import { profile } from '../../workers/profiler/profile.ts';
import type { ProfileSettings } from '../../workers/profiler/types.ts';
import { MemoryStore } from '../../workers/store/memory.ts';
import { until } from '../until.ts';
import { loadSmallFashion } from './fashion.ts';
import { environment, withRuns } from './with-runs.ts';

const settings: ProfileSettings = { backends: ['cpu'], threads: [1], batches: [1], budgetS: 1, seed: 1 };

test('a profile is stopped in the middle of a batch that its worker never answers', async () => {
  const cells: unknown[] = [];
  let hangs = false;
  const hanging = withRuns(async (_key, _items, worker) => {
    if (!cells.length) return;
    hangs = true;
    throw new Error(await worker.lost);
  });
  const controller = new AbortController();
  const asked = profile({
    models: await loadSmallFashion(),
    environment: hanging,
    store: new MemoryStore(),
    settings,
    signal: controller.signal,
    onProgress: ({ finished }) => finished && cells.push(finished),
  });
  await until(() => expect(hangs).toBe(true));
  controller.abort(new Error('stopped'));
  await expect(asked).rejects.toThrow('stopped');
  expect(cells).toHaveLength(1);
});

test('a profile is stopped while its caller makes a provisional plan', async () => {
  const controller = new AbortController();
  const asked = profile({
    ...{ models: await loadSmallFashion(), environment, store: new MemoryStore(), settings },
    signal: controller.signal,
    onDraft() {
      controller.abort(new Error('stopped'));
      return new Promise(() => {});
    },
  });
  await expect(asked).rejects.toThrow('stopped');
});
