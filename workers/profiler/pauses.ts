import type { Delays } from '../../solver/documents/co-run.ts';
import type { Pauses } from '../../solver/documents/pauses.ts';
import { mean, nearestRank, sortedNumbers } from '../../solver/math/statistics.ts';
import { sleep } from '../executor/clock.ts';
import { PERCENTILES } from './percentiles.ts';
import type { Clock } from './work-clock.ts';

/** The pauses of workers under loads of some ten to some hundred requests per second. Longer pauses hardly add more delay. */
const PAUSES_MS = [2, 8, 32];
/**
 * Fewest and most rounds; each has runs after each pause and runs without one. Rounds are many and short, because a machine is
 * faster or slower for seconds at a time, which must affect all pauses alike.
 */
const ROUNDS = { least: 3, most: 9 };
/** Most runs in a row with the same pause before each, in one round. Under a light load, too, a pause precedes each batch. */
const RUNS = 4;

/**
 * A call that takes longer after a pause, e.g. to run a batch of a stage.
 * @param run index of the run: calls with the same index do the same, e.g. run the same items
 */
export type PausedCall = (run: number) => Promise<unknown>;

/**
 * Measures how much longer calls take after pauses than right after each other. It measures each call by itself, and repeats the
 * same runs with each pause, because the items of different runs may differ in time by more than a pause adds.
 * @param groups calls of one kind each, e.g. the ways to the pods of all stages
 * @param forMs time for all pauses and calls
 * @param clock stands while the calls wait, e.g. for a hidden page
 * @returns for each group the mean delays of its calls; undefined if the time is too short
 */
export async function measurePauses(
  groups: readonly (readonly PausedCall[])[],
  forMs: number,
  clock: Clock,
): Promise<Pauses[] | undefined> {
  const lengthsMs = [0, ...PAUSES_MS];
  let [warmMs, runMs] = [0, 0];
  for (const call of groups.flat()) {
    const callMs = await timeMs(() => call(0), clock);
    warmMs += callMs;
    runMs += lengthsMs.reduce((sum, pauseMs) => sum + pauseMs + callMs, 0);
  }
  const rounds = Math.min(ROUNDS.most, Math.max(ROUNDS.least, Math.floor(forMs / (warmMs + RUNS * runMs))));
  const runs = Math.min(RUNS, Math.floor((forMs / rounds - warmMs) / runMs));
  if (runs <= 0) return undefined;
  const measured: Pauses[] = [];
  for (const calls of groups) {
    const times: (readonly Float64Array[])[] = [];
    for (const call of calls)
      times.push((await timesAfter(call, lengthsMs, { rounds, runs }, clock)).map(sortedNumbers));
    measured.push(
      PAUSES_MS.map((pauseMs, p) => ({ pauseMs, n: rounds * runs, delays: delaysAfter(p, times) })),
    );
  }
  return measured;
}

/**
 * The mean delays of calls after one of `PAUSES_MS`.
 * @param p index of the pause
 * @param times for each call its times in rising order: those without a pause, then those after each pause
 */
const delaysAfter = (p: number, times: readonly (readonly Float64Array[])[]): Delays =>
  PERCENTILES.map((percentile) => {
    const delayMs = mean(
      times.map(
        ([without, ...after]) => nearestRank(after[p]!, percentile) - nearestRank(without!, percentile),
      ),
    );
    // Nothing is faster after a pause, so a negative delay is noise.
    return { percentile, delayMs: Math.max(0, delayMs) };
  });

/** Measures how long a call takes after each pause. @returns for each pause, the times in ms of all its runs */
async function timesAfter(
  call: PausedCall,
  pausesMs: readonly number[],
  { rounds, runs }: { readonly rounds: number; readonly runs: number },
  clock: Clock,
): Promise<number[][]> {
  const times = pausesMs.map((): number[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [i, pauseMs] of pausesMs.entries()) {
      if (pauseMs === 0) await call(0); // so that the first run, too, comes right after another one
      for (let run = round * runs; run < (round + 1) * runs; run++) {
        if (pauseMs > 0) await sleep(pauseMs);
        times[i]!.push(await timeMs(() => call(run), clock));
      }
    }
  return times;
}

async function timeMs(call: () => Promise<unknown>, clock: Clock): Promise<number> {
  const start = clock.now();
  await call();
  return clock.now() - start;
}
