import { expect, test } from 'vitest';
import { DriftWatch } from '../../workers/profiler/drift.ts';

/** After this many cells the drift watch measures its reference cell again. */
const CELLS = 8;

/** Times of batches whose items differ in size. */
const TIMES_MS = [10, 500, 20, 900, 30];

/** Runs batches that take these times. */
const batches = (timesMs: readonly number[]) => {
  let i = 0;
  return async () => ({ inferenceMs: timesMs[i++ % timesMs.length]!, handlingMs: 0 });
};

/** Whether the batches have drifted if they later take `factor` times as long, and a clock cuts times to multiples of `grainMs`. */
async function driftedAfter(factor: number, timesMs = TIMES_MS, grainMs = 0.001): Promise<boolean> {
  const watch = new DriftWatch();
  const seen = (times: number) => timesMs.map((ms) => grainMs * Math.floor((times * ms) / grainMs));
  const run = batches(seen(1));
  const samples = [await run(), await run(), await run(), await run(), await run()];
  let drifted = false;
  for (let cell = 0; cell <= CELLS; cell++)
    drifted = await watch.drifted('wasm', 1, samples, async () => batches(seen(factor)));
  return drifted;
}

test('batches of different sizes are no drift', async () => {
  expect(await driftedAfter(1.1)).toBe(false);
});

test('a machine that got slower or faster has drifted', async () => {
  expect(await driftedAfter(1.5)).toBe(true);
  expect(await driftedAfter(0.6)).toBe(true);
});

test('batches that a coarse clock cannot time are no drift', async () => {
  expect(await driftedAfter(1.1, [0.19, 0.06, 0.18, 0.19, 0.17], 0.1)).toBe(false);
  expect(await driftedAfter(1.2, [0.09, 0.09, 0.09, 0.09, 0.09], 0.1)).toBe(false);
});
