import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import type { StageWorker } from '../../workers/stage/stage-worker.ts';
import { loadShipped } from '../shipped.ts';
import { inBatchAndAlone, MINI_STAGES, ofMinis, testRecordings, testSteps } from './batches.ts';

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

testSteps('cpu', () => worker, loadShipped);
testRecordings('cpu', () => worker);
