import { expect, test } from 'vitest';
import { DriftWatch } from '../../workers/profiler/drift.ts';

/** After this many cells the drift watch measures its reference cell again. */
const CELLS = 8;

/** Runs batches whose items differ in size: each takes its own time, longer by a factor. */
const batches = (factor: number) => {
  let i = 0;
  return async () => ({ inferenceMs: factor * [10, 500, 20, 900, 30][i++ % 5]!, handlingMs: 0 });
};

async function driftedAfter(factor: number): Promise<boolean> {
  const watch = new DriftWatch();
  const run = batches(1);
  const samples = [await run(), await run(), await run(), await run(), await run()];
  let drifted = false;
  for (let cell = 0; cell <= CELLS; cell++)
    drifted = await watch.drifted('wasm', 1, samples, async () => batches(factor));
  return drifted;
}

test('batches of different sizes are no drift', async () => {
  expect(await driftedAfter(1.1)).toBe(false);
});

test('a machine that got slower or faster has drifted', async () => {
  expect(await driftedAfter(1.5)).toBe(true);
  expect(await driftedAfter(0.6)).toBe(true);
});
