import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { coRunMs } from '../../workers/profiler/co-run-time.ts';
import { measureCpuCoRun } from '../../workers/profiler/cpu-co-run.ts';
import { measureGpuCoRun } from '../../workers/profiler/gpu-co-run.ts';

const RUN_MS = 2;
/** A batch that takes {@link RUN_MS} of the clock that the test drives. */
const run = async () => {
  await new Promise((resolve) => setTimeout(resolve, RUN_MS));
  return { inferenceMs: RUN_MS, handlingMs: 0 };
};

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

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
    (forMs: number) => measureCpuCoRun({ backend: 'wasm', threads: 1 }, run, run, undefined, forMs),
  ],
  ['of the GPU', (forMs: number) => measureGpuCoRun('webgpu', run, run, run, forMs)],
])('two workers %s are measured side by side for as long as the budget allows', async (_, measure) => {
  for (const forMs of [400, 2000]) {
    const { n, ms } = await timed(measure(forMs));
    expect(n).toBeGreaterThan(1);
    expect(Math.abs(ms / forMs - 1)).toBeLessThan(0.25);
  }
});

test('a usual budget allows all that makes the figures sure, and a small one a small share of it', () => {
  expect([1, 10, 100, 600].map(coRunMs)).toEqual([400, 800, 8000, 8000]);
});
