import type { Delays } from '../../solver/documents/co-run.ts';
import type { Pauses } from '../../solver/documents/pauses.ts';
import { mean, nearestRank, sortedNumbers } from '../../solver/math/statistics.ts';
import { sleep } from '../executor/clock.ts';
import { PERCENTILES } from './percentiles.ts';
import type { Clock } from './work-clock.ts';

/** Workers pause for such times under loads of some ten to some hundred requests per second. Longer pauses add hardly more. */
const PAUSES_MS = [2, 8, 32];
/**
 * Rounds with each of the pauses and without one, at least and at most: many short ones, because machines are faster and slower
 * in spells of seconds, which must affect all alike.
 */
const ROUNDS = { least: 3, most: 9 };
/** Runs after each pause in a round, in a row, as under a light load each batch follows a pause. */
const RUNS = 4;

/**
 * Something that takes longer after a pause, e.g. a batch of a stage.
 * @param run index of the run: calls with the same index do the same, e.g. run the same items
 */
export type PausedCall = (run: number) => Promise<unknown>;

/**
 * Measures how much longer calls take after pauses than one right after the other. Each call is measured alone, after each pause
 * with the same runs, because their items may differ in size by more than a pause adds.
 * @param groups calls of one kind each, e.g. the ways to the pods of all stages
 * @param forMs time for all pauses and calls
 * @param clock stands while the calls wait, e.g. for a hidden page
 * @returns for each group the delays, the means over its calls; undefined if the time is too short
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
      if (pauseMs === 0) await call(0); // so that the first run without a pause has none before it
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
