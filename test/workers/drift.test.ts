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

test('the first five batches of the reference are run again after every eighth cell', async () => {
  const watch = new DriftWatch();
  const samples = [...TIMES_MS, 40, 50].map((inferenceMs) => ({ inferenceMs, handlingMs: 0 }));
  const ran: number[] = [];
  let cell = 0;
  for (; cell <= 2 * CELLS; cell++)
    await watch.drifted('wasm', 1, samples, async () => {
      const run = batches(TIMES_MS);
      return () => {
        ran.push(cell);
        return run();
      };
    });
  expect(ran).toEqual([...Array(5).fill(CELLS), ...Array(5).fill(2 * CELLS)]);
});

test('where the reference cannot be run again, the next cell becomes the reference', async () => {
  const watch = new DriftWatch();
  const samples = TIMES_MS.map((inferenceMs) => ({ inferenceMs, handlingMs: 0 }));
  const cells = (count: number, again: () => Promise<ReturnType<typeof batches>>) =>
    Promise.all(Array.from({ length: count }, () => watch.drifted('wasm', 1, samples, again)));
  expect((await cells(CELLS + 1, () => Promise.reject(new Error('gone')))).at(-1)).toBe(false);
  const slower = async () => batches(TIMES_MS.map((ms) => 2 * ms));
  expect((await cells(CELLS + 1, slower)).at(-1)).toBe(true);
});
