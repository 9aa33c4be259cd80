import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import type { StageWorker } from '../../workers/stage/stage-worker.ts';
import { loadShipped } from '../shipped.ts';
import {
  HEARD,
  inBatchAndAlone,
  MINI_STAGES,
  ofMinis,
  ofTones,
  stepsOfEight,
  WITH_STEPS,
} from './batches.ts';

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

test.each(WITH_STEPS)(
  '%s: eight items that end at different steps take %s/%s in one batch as many steps as the longest',
  async (name, stage, variant) => {
    const { together, alone } = await stepsOfEight(worker, await loadShipped(name), stage, variant, 'cpu');
    expect(new Set(alone).size).toBeGreaterThan(2);
    expect(together).toBe(Math.max(...alone));
  },
);

test.each(HEARD)(
  'recordings of 1 s and 10 s get from a %s model in one batch what each gets alone',
  async (format, texts) => {
    const { together, alone } = await inBatchAndAlone(worker, ofTones(format, 'cpu'));
    expect(together).toEqual(alone);
    expect(together).toMatchObject(texts.map((text) => ({ text })));
  },
);
