import { afterAll, beforeAll, expect, test } from 'vitest';
import { batchOf, type Item } from '../../models/items/item-batch.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import type { StageWorker } from '../../workers/stage/stage-worker.ts';
import { loadShipped } from '../shipped.ts';
import { inBatchAndAlone, MINI_STAGES, ofMinis, ofPack, testRecordings } from './batches.ts';

let worker: StageWorker;
beforeAll(async () => {
  worker = await nodeEnvironment().spawn('batches', 1);
});
afterAll(() => worker.terminate());

test.each(MINI_STAGES)(
  '%s: short and long items get from %s/%s in one batch what each gets alone, in the steps of the longest',
  async (name, stage, variant) => {
    const models = await loadShipped(name);
    const { together, alone, steps } = await inBatchAndAlone(
      worker,
      await ofMinis(models, stage, variant, 'cpu'),
    );
    expect(together).toEqual(alone);
    expect(steps[0]).toBe(Math.max(...steps.slice(1)));
  },
);

/** Counts the decoder steps of eight items, each alone and all in one batch. From 24 items it takes eight whose steps differ. */
async function stepsOfEight(...named: Parameters<typeof ofPack>) {
  const { spec, files, items } = await ofPack(...named);
  await worker.load(spec, files);
  const measured: { item: Item; steps: number }[] = [];
  for (const item of items.slice(0, 24))
    measured.push({ item, steps: (await worker.run(spec.key, batchOf([item]))).steps });
  measured.sort((a, b) => a.steps - b.steps);
  const eight = Array.from({ length: 8 }, (_, i) => measured[Math.round((i * (measured.length - 1)) / 7)]!);
  const { steps } = await worker.run(spec.key, batchOf(eight.map(({ item }) => item)));
  await worker.release(spec.key);
  return { together: steps, alone: eight.map((one) => one.steps) };
}

test.each([
  ['mini-nlp', 'translate', 'small'],
  ['mini-audio-qa', 'transcribe', 'small'],
])(
  '%s: eight items that end at different steps take %s/%s in one batch as many steps as the longest',
  async (name, stage, variant) => {
    const { together, alone } = await stepsOfEight(await loadShipped(name), stage, variant, 'cpu');
    expect(new Set(alone).size).toBeGreaterThan(2);
    expect(together).toBe(Math.max(...alone));
  },
);

testRecordings('cpu', () => worker);
