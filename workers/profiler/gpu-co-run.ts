import type { GpuCoRun } from '../../solver/documents/co-run.ts';
import type { GpuBackend } from '../../solver/documents/common.ts';
import { mean } from '../../solver/math/statistics.ts';
import { latencyOf, type RunBatch } from './measure.ts';
import type { Clock } from './work-clock.ts';

/** Largest number of rounds. In each, two workers run side by side, then one worker runs both stages. */
const ROUNDS = 10;
/** Each half of a round lasts at most this long, unless a session needs longer to run {@link RUNS_MIN} times. */
const HALF_MS = 300;
const RUNS_MIN = 2;
const WARM_UP_RUNS = 3;

/**
 * Measures how much two workers that share a GPU slow each other, compared with one worker that runs both stages in turn.
 * @param first the first stage
 * @param last the last stage, in the same worker as the first
 * @param lastBeside the last stage, in a worker of its own
 * @param forMs no round except the first begins later than this, so that a slow GPU does not take minutes
 * @param clock stands while the runs wait, e.g. for a hidden page
 */
export async function measureGpuCoRun(
  backend: GpuBackend,
  first: RunBatch,
  last: RunBatch,
  lastBeside: RunBatch,
  forMs: number,
  clock: Clock,
): Promise<GpuCoRun> {
  const halfMs = Math.min(HALF_MS, forMs / (2 * ROUNDS));
  for (let i = 0; i < WARM_UP_RUNS; i++) {
    await inTurn([first, last]);
    await Promise.all([first(), lastBeside()]);
  }
  const slowDowns: number[] = [];
  let n = 0;
  const startMs = clock.now();
  let before = await oneWorker([first, last], halfMs, clock);
  while (slowDowns.length === 0 || (slowDowns.length < ROUNDS && clock.now() - startMs < forMs)) {
    const { done, ms } = await twoWorkers([first, lastBeside], halfMs, clock);
    // One worker is measured before and after the two, so that a drift of the machine cancels out.
    const after = await oneWorker([first, last], halfMs, clock);
    const aloneMs = done.reduce((sum, batches, i) => sum + (batches * (before[i]! + after[i]!)) / 2, 0);
    slowDowns.push((2 * ms) / aloneMs);
    n += Math.min(...done);
    before = after;
  }
  return { backend, threads: 1, n: Math.max(1, Math.floor(n)), slowDowns };
}

/** Runs one batch of each session, one after the other. @returns their latencies in ms */
async function inTurn(runs: readonly RunBatch[]): Promise<number[]> {
  const times: number[] = [];
  for (const run of runs) times.push(latencyOf(await run()));
  return times;
}

/** Mean latency in ms of a batch of each session, if one worker runs the sessions in turn. */
async function oneWorker(runs: readonly RunBatch[], forMs: number, clock: Clock): Promise<number[]> {
  const rounds: number[][] = [];
  const startMs = clock.now();
  while (rounds.length < RUNS_MIN || clock.now() - startMs < forMs) rounds.push(await inTurn(runs));
  return runs.map((_, i) => mean(rounds.map((times) => times[i]!)));
}

/** Runs the sessions side by side. @returns how many batches each completed while all were busy, and how long that was */
async function twoWorkers(
  runs: readonly RunBatch[],
  forMs: number,
  clock: Clock,
): Promise<{ done: number[]; ms: number }> {
  const startMs = clock.now();
  const ends = runs.map((): number[] => []);
  const enough = () => clock.now() - startMs >= forMs && ends.every((own) => own.length >= RUNS_MIN);
  await Promise.all(
    runs.map(async (run, i) => {
      while (!enough()) {
        await run();
        ends[i]!.push(clock.now());
      }
    }),
  );
  const endMs = Math.min(...ends.map((own) => own.at(-1)!));
  return { done: ends.map((own) => doneBy(endMs, [startMs, ...own])), ms: endMs - startMs };
}

/**
 * Number of batches completed at a time; a running batch counts by its completed share.
 * @param ends the start, then each batch's end, in ascending order
 */
function doneBy(atMs: number, ends: readonly number[]): number {
  const next = ends.findIndex((endMs) => endMs >= atMs);
  return next - 1 + (atMs - ends[next - 1]!) / (ends[next]! - ends[next - 1]!);
}
