import type { Pauses } from '../../solver/documents/serving.ts';
import { mean, nearestRank, sortedNumbers } from '../../solver/math/statistics.ts';
import { sleep } from '../executor/clock.ts';
import { PERCENTILES } from './percentiles.ts';

/** Workers pause for such times under loads of some ten to some hundred requests per second. Longer pauses add hardly more. */
const PAUSES_MS = [2, 8, 32];
/** With and without a pause in alternating rounds, so that a drift of the machine affects both alike. */
const ROUNDS = 3;
const RUNS = 12;

/**
 * Measures how much longer calls take after pauses than one right after the other.
 * @param calls each is measured alone; the delays are the means over all of them
 */
export async function measurePauses(calls: readonly (() => Promise<unknown>)[]): Promise<Pauses> {
  const delays: ((pause: number, percentile: number) => number)[] = [];
  for (const call of calls) {
    const times = await timesAfter(call, [0, ...PAUSES_MS]);
    const [without, ...after] = times.map(sortedNumbers);
    delays.push(
      (pause, percentile) => nearestRank(after[pause]!, percentile) - nearestRank(without!, percentile),
    );
  }
  return PAUSES_MS.map((pauseMs, pause) => ({
    pauseMs,
    n: ROUNDS * RUNS,
    delays: PERCENTILES.map((percentile) => ({
      percentile,
      // Nothing is faster after a pause, so a negative delay is noise.
      delayMs: Math.max(0, mean(delays.map((delay) => delay(pause, percentile)))),
    })),
  }));
}

/** Measures how long a call takes after each pause. @returns for each pause, the times in ms of all its runs */
async function timesAfter(call: () => Promise<unknown>, pausesMs: readonly number[]): Promise<number[][]> {
  const times = pausesMs.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++)
    for (const [i, pauseMs] of pausesMs.entries()) {
      await call(); // so that the first one without a pause has none before it
      for (let run = 0; run < RUNS; run++) {
        if (pauseMs > 0) await sleep(pauseMs);
        const start = performance.now();
        await call();
        times[i]!.push(performance.now() - start);
      }
    }
  return times;
}
