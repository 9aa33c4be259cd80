import { median } from '../../solver/math/statistics.ts';
import type { Clock } from './work-clock.ts';

/** A round runs this many batches one after the other, then again with {@link AT_ONCE} at the worker, as an executor does. */
const RUNS = 4;
const AT_ONCE = 2;
/** Fewest rounds: with fewer, one disturbed round would move the median. */
const ROUNDS = 3;

/** Runs a batch. @param run index of the run: calls with the same index run the same items */
export type OverlappingCall = (run: number) => Promise<{ readonly inferenceMs: number }>;

/**
 * Measures the share of a batch's handling that passes while the worker still runs the batch before, if it gets the batch that
 * early.
 * @param forMs time for all rounds
 * @returns a share from 0 to 1; undefined if the time is too short
 */
export async function measureOverlap(
  batch: OverlappingCall,
  forMs: number,
  clock: Clock,
): Promise<number | undefined> {
  const startMs = clock.now();
  await batch(0);
  const roundMs = 2 * RUNS * (clock.now() - startMs);
  if (ROUNDS * roundMs > forMs) return undefined;
  const shares: number[] = [];
  for (let run = 0; shares.length < ROUNDS || clock.now() - startMs < forMs; run += RUNS) {
    const alone = await timed(batch, run, 1, clock);
    const overlapping = await timed(batch, run, AT_ONCE, clock);
    // The first batch of a round has no batch before it, so only the others can overlap.
    const savedMs = (alone.tookMs - overlapping.tookMs) / (RUNS - 1);
    const handlingMs = (alone.tookMs - alone.inferenceMs) / RUNS;
    // A browser's coarse clock may measure 0 ms, by which nothing can be divided.
    shares.push(handlingMs > 0 ? savedMs / handlingMs : 0);
  }
  return Math.min(1, Math.max(0, median(shares)));
}

/**
 * Times {@link RUNS} batches, of which the worker has up to `atOnce` at a time.
 * @param first index of the first batch
 */
async function timed(batch: OverlappingCall, first: number, atOnce: number, clock: Clock) {
  let [next, inferenceMs] = [first, 0];
  const startMs = clock.now();
  const inTurn = async () => {
    while (next < first + RUNS) inferenceMs += (await batch(next++)).inferenceMs;
  };
  await Promise.all(Array.from({ length: atOnce }, inTurn));
  return { tookMs: clock.now() - startMs, inferenceMs };
}
