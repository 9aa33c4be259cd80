import type { CpuCoRun } from '../../solver/documents/co-run.ts';
import { nearestRank, sortedNumbers } from '../../solver/math/statistics.ts';
import { sleepUntil } from '../executor/clock.ts';
import type { RunBatch } from './measure.ts';
import { delaysOf, PERCENTILES } from './percentiles.ts';

/** The workers run alone and together in alternating rounds, so that a drift of the machine affects both alike. */
const ROUNDS = 4;
/** Longest time together in a round, after as long a time alone. */
const ROUND_MS = 400;
const WARM_UP_RUNS = 3;
/** Time between two timers whose lateness is measured: a load of some hundred requests per second has such gaps. */
const TIMER_MS = 3;

/**
 * Measures how much longer a batch takes while another worker is busy, and how late this thread's timers are meanwhile.
 * @param key backend and thread count of both workers
 * @param cpuMs core time that this process has taken
 * @param forMs time for all rounds
 */
export async function measureCpuCoRun(
  key: Pick<CpuCoRun, 'backend' | 'threads'>,
  a: RunBatch,
  b: RunBatch,
  cpuMs: (() => number) | undefined,
  forMs: number,
): Promise<CpuCoRun> {
  const roundMs = Math.min(ROUND_MS, forMs / (2 * ROUNDS));
  for (let i = 0; i < WARM_UP_RUNS; i++) await Promise.all([a(), b()]);
  const alone: [number[], number[]] = [[], []];
  const together: [number[], number[]] = [[], []];
  const late: number[] = [];
  let hostMs = 0;
  for (let round = 0; round < ROUNDS; round++) {
    alone[0].push(...(await runFor(a, roundMs / 2)));
    alone[1].push(...(await runFor(b, roundMs / 2)));
    const before = cpuMs?.() ?? 0;
    const [timesA, timesB, timers] = await Promise.all([
      runFor(a, roundMs),
      runFor(b, roundMs),
      timersFor(roundMs),
    ]);
    hostMs += (cpuMs?.() ?? 0) - before;
    together[0].push(...timesA);
    together[1].push(...timesB);
    late.push(...timers);
  }
  const sorted = [alone, together].map((pair) => pair.map(sortedNumbers)) as [Float64Array[], Float64Array[]];
  const delayMs = (percentile: number, worker: number): number =>
    nearestRank(sorted[1][worker]!, percentile) - nearestRank(sorted[0][worker]!, percentile);
  return {
    backend: key.backend,
    threads: key.threads,
    n: Math.min(...sorted.flat().map((times) => times.length)),
    delays: PERCENTILES.map((percentile) => ({
      percentile,
      // The mean delay of both workers. A busy neighbour cannot make a worker faster, so a negative delay is noise.
      delayMs: Math.max(0, (delayMs(percentile, 0) + delayMs(percentile, 1)) / 2),
    })),
    ...(cpuMs && { hostMs: hostMs / (together[0].length + together[1].length) }),
    lateness: delaysOf(late),
  };
}

/** Runs batches for `ms`. @returns the latency of each, in ms */
async function runFor(run: RunBatch, ms: number): Promise<number[]> {
  const times: number[] = [];
  for (const start = performance.now(); performance.now() - start < ms; ) {
    const { inferenceMs, handlingMs } = await run();
    times.push(inferenceMs + handlingMs);
  }
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
