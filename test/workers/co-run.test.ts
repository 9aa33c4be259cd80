import { expect, test, vi } from 'vitest';
import { meanDelayMs } from '../../solver/plan/delays.ts';
import { measureAfterOther } from '../../workers/profiler/after-other.ts';
import { coRunMs } from '../../workers/profiler/co-run-plan.ts';
import { delaysBeside, measureCpuCoRun, slowDownOf } from '../../workers/profiler/cpu-co-run.ts';
import { measureGpuCoRun } from '../../workers/profiler/gpu-co-run.ts';
import { WorkClock } from '../../workers/profiler/work-clock.ts';
import { fakeClock } from '../fake-clock.ts';

/** Number of batches that run now. */
let running = 0;

/** Makes a batch that takes `aloneMs` by the fake clock, or `slowDown` times that if another batch runs when it begins. */
const batch =
  (aloneMs: number, slowDown = 1) =>
  async () => {
    const ms = running > 0 ? slowDown * aloneMs : aloneMs;
    running++;
    await new Promise((resolve) => setTimeout(resolve, ms));
    running--;
    return { inferenceMs: ms, handlingMs: 0 };
  };
const run = batch(2);
const KIND = { backend: 'wasm', threads: 1 } as const;

fakeClock();

/** Lets the clock go on until a measurement has ended. @returns its number of runs, and how long it took by this clock */
async function timed(measuring: Promise<{ n: number }>): Promise<{ n: number; ms: number }> {
  const startMs = performance.now();
  let ended = false;
  const end = measuring.finally(() => {
    ended = true;
  });
  while (!ended) await vi.advanceTimersByTimeAsync(1);
  return { n: (await end).n, ms: performance.now() - startMs };
}

test.each([
  [
    'of the CPU',
    (forMs: number) => measureCpuCoRun(KIND, [{ short: run }, { short: run }], undefined, forMs),
  ],
  [
    'of the CPU, with long batches too,',
    (forMs: number) =>
      measureCpuCoRun(KIND, [{ short: run, long: batch(5) }, { short: run }], undefined, forMs),
  ],
  ['of the GPU', (forMs: number) => measureGpuCoRun('webgpu', run, run, run, forMs, performance)],
])('two workers %s are measured side by side for as long as the budget allows', async (_, measure) => {
  for (const forMs of [400, 2000]) {
    const { n, ms } = await timed(measure(forMs));
    expect(n).toBeGreaterThan(1);
    expect(Math.abs(ms / forMs - 1)).toBeLessThan(0.25);
  }
});

test('the time for which workers on the GPU wait while the clock stands is no slow-down', async () => {
  const clock = new WorkClock();
  let hidden: Promise<void> | undefined;
  const whileShown = async () => {
    if (hidden) await clock.idle(hidden);
    return run();
  };
  let runs = 0;
  const beside = () => {
    if (++runs % 10 === 0)
      hidden = new Promise<void>((resolve) => setTimeout(resolve, 4000)).finally(() => {
        hidden = undefined;
      });
    return whileShown();
  };
  const measuring = measureGpuCoRun('webgpu', whileShown, whileShown, beside, 400, clock);
  await timed(measuring);
  const { slowDowns } = await measuring;
  expect(slowDowns).toEqual(slowDowns.map(() => expect.closeTo(1, 1)));
});

test('a usual budget allows all that makes the figures sure, and a small one a small share of it', () => {
  expect([1, 10, 100, 600].map(coRunMs)).toEqual([400, 800, 8000, 8000]);
});

test('long batches beside another worker tell how many times longer a batch takes', async () => {
  const worker = { short: batch(3, 2), long: batch(17, 2) };
  const other = { short: batch(4, 2), long: batch(19, 2) };
  const measuring = measureCpuCoRun(KIND, [worker, other], undefined, 4000);
  await timed(measuring);
  const { slowDown, delays } = await measuring;
  // The factor may be under 2, because a batch that begins just as the other worker's ends is not slowed.
  expect(slowDown).toBeGreaterThan(1.7);
  expect(slowDown).toBeLessThan(2.1);
  for (const { delayMs } of delays) expect(delayMs).toBeLessThan(0.5);
});

const times = (alone: number[], together: number[]) => ({ alone, together });

test('what batches of any length take longer is a delay, what grows with their length a slow-down', () => {
  const short = times([2, 2, 2], [6, 6, 6]);
  const long = times([10, 10], [18, 18]);
  expect(slowDownOf([{ short, long }])).toBe(1.5);
  // A short batch takes 2 ms alone and 6 ms beside another worker. With a slow-down of 1.5, its delay is 2 ms: 1.5 · (2 + 2) = 6.
  expect(delaysBeside([short], 1.5).map(({ delayMs }) => delayMs)).toEqual(Array(7).fill(2));
});

test('workers that do not slow each other have no slow-down below 1 and no negative delay', () => {
  const [short, long] = [times([2, 3], [2, 2]), times([10], [9])];
  expect(slowDownOf([{ short, long }])).toBe(1);
  expect(delaysBeside([short], 1).every(({ delayMs }) => delayMs === 0)).toBe(true);
});

test('without long batches, all of the difference is a delay', () => {
  expect(slowDownOf([])).toBeUndefined();
  // By a coarse clock, long batches may look as short as short ones.
  expect(slowDownOf([{ short: times([1], [2]), long: times([1], [3]) }])).toBeUndefined();
  const [a, b] = [times([2, 2, 2, 2], [2, 2, 4, 8]), times([3, 3, 3, 3], [3, 3, 5, 9])];
  const delays = delaysBeside([a, b], 1);
  expect(delays.map(({ delayMs }) => delayMs)).toEqual([0, 0, 0, 2, 6, 6, 6]);
});

test('where the slow-down is too much for some batches, the delays keep the mean', () => {
  const even = Array.from({ length: 100 }, (_, i) => i / 10);
  const alone = even.map(() => 4);
  // Together, batches take 4 to 14 ms, so a slow-down of 2 is too much for those under 8 ms.
  const together = even.map((ms) => 4 + ms);
  const delays = delaysBeside([times(alone, together)], 2);
  expect(delays[0]!.delayMs).toBe(0);
  // Batches take 8.95 ms together in the mean and 4 ms alone. With the slow-down of 2, the mean delay is 8.95 / 2 − 4 = 0.475 ms.
  expect(meanDelayMs(delays)).toBeGreaterThan(0.4);
  expect(meanDelayMs(delays)).toBeLessThan(0.55);
});

test.each([
  [1, 0.175],
  [-1, 0],
])(
  'batches that take %i ms longer after another session add the part %f of their time',
  async (longerMs, part) => {
    let before: number | undefined;
    const session = (aloneMs: number) => async () => {
      const ms = before === aloneMs ? aloneMs : aloneMs + longerMs;
      before = aloneMs;
      await new Promise((resolve) => setTimeout(resolve, ms));
      return { inferenceMs: ms, handlingMs: 0 };
    };
    const measuring = measureAfterOther([session(4), session(10)], 100);
    await timed(measuring.then(() => ({ n: 1 })));
    // The part is the mean of 1 ms in 4 ms and of 1 ms in 10 ms.
    expect(await measuring).toBeCloseTo(part);
  },
);
