import type { CpuCoRun } from '../../solver/documents/co-run.ts';
import { mean, median, nearestRank, sortedNumbers } from '../../solver/math/statistics.ts';
import { meanDelayMs } from '../../solver/plan/delays.ts';
import { sleepUntil } from '../executor/clock.ts';
import { latencyOf, type RunBatch } from './measure.ts';
import { delaysOf, PERCENTILES } from './percentiles.ts';

/** In each round the workers run alone and then together, so that a drift of the machine affects both times alike. */
const ROUNDS = 4;
/** Longest time for which the workers run together in a round. Before that, they run alone for as long in all. */
const ROUND_MS = 400;
const WARM_UP_RUNS = 3;
/** Delay of each timer whose lateness is measured. A load of some hundred requests per second has gaps of this length. */
const TIMER_MS = 3;
/** Cap of the slow-down: a larger one is assumed to be a disturbance. */
const SLOW_DOWN_MAX = 3;

/** The batches that one of two workers runs beside the other. */
export interface CoRunBatches {
  readonly short: RunBatch;
  /** Larger batches of the same session, which take at least twice as long; absent: none were measured. */
  readonly long?: RunBatch | undefined;
}

/** Times of one batch that a worker runs again and again, in ms. */
interface Times {
  readonly alone: number[];
  /** The times while the other worker was busy. */
  readonly together: number[];
}

/** {@link ROUND_MS}, or less where all rounds of short and of long batches must fit in `forMs`. */
const roundMsOf = (forMs: number): number => Math.min(ROUND_MS, forMs / (4 * ROUNDS));

/** Latency of the longest batch that runs a few times in each round, if all rounds of short and of long batches take `forMs`. */
export const longBatchMostMs = (forMs: number): number => roundMsOf(forMs) / 4;

/**
 * Measures how much longer a batch takes while another worker is busy, and how late this thread's timers are meanwhile.
 * @param key backend and thread count of both workers
 * @param cpuMs returns the CPU time of this process, without that of the workers
 * @param forMs time for all rounds
 */
export async function measureCpuCoRun(
  key: Pick<CpuCoRun, 'backend' | 'threads'>,
  workers: readonly [CoRunBatches, CoRunBatches],
  cpuMs: (() => number) | undefined,
  forMs: number,
): Promise<CpuCoRun> {
  const late: number[] = [];
  let hostMs = 0;
  /** Runs the batch of each worker alone, then both together. @returns the CPU time of this process while both ran together */
  const round = async (runs: readonly RunBatch[], times: readonly Times[], ms: number): Promise<number> => {
    for (const [w, run] of runs.entries()) times[w]!.alone.push(...(await runFor(run, ms / 2)));
    const before = cpuMs?.() ?? 0;
    const [timers, ...together] = await Promise.all([timersFor(ms), ...runs.map((run) => runFor(run, ms))]);
    late.push(...timers);
    for (const [w, own] of together.entries()) times[w]!.together.push(...own);
    return (cpuMs?.() ?? 0) - before;
  };
  const shortRuns = workers.map(({ short }) => short);
  const longRuns = workers.map(({ short, long = short }) => long);
  const hasLong = workers.some(({ long }) => long);
  for (let i = 0; i < WARM_UP_RUNS; i++)
    for (const runs of hasLong ? [shortRuns, longRuns] : [shortRuns])
      await Promise.all(runs.map((run) => run()));
  const short = workers.map((): Times => ({ alone: [], together: [] }));
  const long = workers.map((): Times => ({ alone: [], together: [] }));
  const roundMs = hasLong ? roundMsOf(forMs) : roundMsOf(2 * forMs);
  for (let r = 0; r < ROUNDS; r++) {
    hostMs += await round(shortRuns, short, roundMs);
    if (hasLong) await round(longRuns, long, roundMs);
  }
  const slowDown = slowDownOf(
    workers.flatMap((batches, w) => (batches.long ? [{ short: short[w]!, long: long[w]! }] : [])),
  );
  return {
    backend: key.backend,
    threads: key.threads,
    n: Math.min(...short.flatMap(({ alone, together }) => [alone.length, together.length])),
    delays: delaysBeside(short, slowDown ?? 1),
    ...(slowDown !== undefined && { slowDown }),
    ...(cpuMs && { hostMs: hostMs / short.reduce((sum, { together }) => sum + together.length, 0) }),
    lateness: delaysOf(late),
  };
}

/**
 * The factor by which a batch takes longer beside another worker, from 1 to {@link SLOW_DOWN_MAX}. For one worker, it is the
 * median time of long − that of short batches while both workers run, ÷ the same difference while only this worker runs. The
 * differences cancel delays that do not depend on a batch's length. The factor is the mean over the workers that have long
 * batches; undefined if no worker has long batches that take longer than its short ones.
 */
export function slowDownOf(
  workers: readonly { readonly short: Times; readonly long: Times }[],
): number | undefined {
  const ratios = workers.flatMap(({ short, long }) => {
    const moreMs = (how: keyof Times) => median(long[how]) - median(short[how]);
    return moreMs('alone') > 0 ? [moreMs('together') / moreMs('alone')] : [];
  });
  if (ratios.length === 0) return undefined;
  // A busy neighbour cannot make a worker faster, so a ratio below 1 is noise.
  return Math.min(SLOW_DOWN_MAX, Math.max(1, mean(ratios)));
}

/**
 * The delays that a slow-down does not explain, at each percentile, as the mean of both workers. At a percentile where the
 * slow-down explains more than was measured, the delay is 0; the other delays are then scaled down to keep the mean delay.
 */
export function delaysBeside(workers: readonly Times[], slowDown: number): CpuCoRun['delays'] {
  const sorted = workers.map(
    ({ alone, together }) => [sortedNumbers(alone), sortedNumbers(together)] as const,
  );
  const rest = PERCENTILES.map((percentile) => ({
    percentile,
    delayMs: mean(
      sorted.map(
        ([alone, together]) => nearestRank(together, percentile) / slowDown - nearestRank(alone, percentile),
      ),
    ),
  }));
  const positive = rest.map(({ percentile, delayMs }) => ({ percentile, delayMs: Math.max(0, delayMs) }));
  const meanMs = Math.max(0, meanDelayMs(rest));
  const scale = meanMs === 0 ? 0 : meanMs / meanDelayMs(positive);
  return positive.map(({ percentile, delayMs }) => ({ percentile, delayMs: scale * delayMs }));
}

/** Runs batches for `ms`. @returns the latency of each, in ms */
async function runFor(run: RunBatch, ms: number): Promise<number[]> {
  const times: number[] = [];
  for (const start = performance.now(); performance.now() - start < ms; ) times.push(latencyOf(await run()));
  return times;
}

/** Waits for timers for `ms`, as a load does for its next arrival. @returns how late each was, in ms */
export async function timersFor(ms: number): Promise<number[]> {
  const late: number[] = [];
  for (const start = performance.now(); performance.now() - start < ms; ) {
    const dueMs = performance.now() + TIMER_MS;
    await sleepUntil(dueMs);
    late.push(performance.now() - dueMs);
  }
  return late;
}
