import { expect, test, vi } from 'vitest';
import { sleep } from '../../workers/executor/clock.ts';
import { measureOverlap, type OverlappingCall } from '../../workers/profiler/overlap.ts';
import { fakeClock } from '../fake-clock.ts';

fakeClock();

const INFERENCE_MS = 5;

/** A worker that runs one batch at a time: `wayMs` pass before and after each batch, `workerMs` within the worker. */
function batchOf(wayMs: number, workerMs: number): OverlappingCall {
  let before: Promise<void> = Promise.resolve();
  return async () => {
    await sleep(wayMs);
    const ran = before.then(() => sleep(workerMs + INFERENCE_MS));
    before = ran;
    await ran;
    await sleep(wayMs);
    return { inferenceMs: INFERENCE_MS };
  };
}

async function measured(batch: OverlappingCall, forMs = 2000): Promise<number | undefined> {
  const overlap = measureOverlap(batch, forMs, performance);
  await vi.runAllTimersAsync();
  return overlap;
}

test('the way to a worker and back overlaps the batch before, and the handling in the worker does not', async () => {
  expect(await measured(batchOf(1, 2))).toBeCloseTo(0.5, 9);
  expect(await measured(batchOf(0, 4))).toBe(0);
});

test('a disturbed round does not change the overlap', async () => {
  const steady = await measured(batchOf(1, 2));
  const batch = batchOf(1, 2);
  let run = 0;
  const disturbed = await measured(async (index) => {
    if (++run === 12) await sleep(300);
    return batch(index);
  });
  expect(disturbed).toBeCloseTo(steady!, 9);
});

test('no overlap is measured where three rounds take longer than the time for it', async () => {
  expect(await measured(batchOf(1, 2), 100)).toBeUndefined();
});
