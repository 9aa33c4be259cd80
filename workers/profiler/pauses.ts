import type { Pauses } from '../../solver/documents/pauses.ts';
import { mean, nearestRank, sortedNumbers } from '../../solver/math/statistics.ts';
import { sleep } from '../executor/clock.ts';
import { PERCENTILES } from './percentiles.ts';
import type { Clock } from './work-clock.ts';

/** Workers pause for such times under loads of some ten to some hundred requests per second. Longer pauses add hardly more. */
const PAUSES_MS = [2, 8, 32];
/** With and without a pause in alternating rounds, so that a drift of the machine affects both alike. */
const ROUNDS = 3;
const RUNS_MOST = 12;

/** Something that takes longer after a pause, e.g. a batch of a stage. */
export interface PausedCall<Kind extends string> {
  readonly kind: Kind;
  call(): Promise<unknown>;
}

/**
 * Measures how much longer calls take after pauses than one right after the other. Each call is measured alone.
 * @param forMs time for all pauses and calls
 * @param clock stands while the calls wait, e.g. for a hidden page
 * @returns for each kind the delays, the means over its calls; undefined if the time is too short
 */
export async function measurePauses<Kind extends string>(
  calls: readonly PausedCall<Kind>[],
  forMs: number,
  clock: Clock,
): Promise<Record<Kind, Pauses> | undefined> {
  const lengthsMs = [0, ...PAUSES_MS];
  let runMs = 0;
  for (const { call } of calls) {
    const callMs = await timeMs(call, clock);
    runMs += lengthsMs.reduce((sum, pauseMs) => sum + pauseMs + callMs, 0);
  }
  const runs = Math.min(RUNS_MOST, Math.floor(forMs / (ROUNDS * runMs)));
  if (runs === 0) return undefined;
  const times: { readonly kind: Kind; readonly sortedMs: readonly Float64Array[] }[] = [];
  for (const { kind, call } of calls) {
    const ofPauses = await timesAfter(call, lengthsMs, runs, clock);
    times.push({ kind, sortedMs: ofPauses.map(sortedNumbers) });
  }
  const pausesOf = (kind: Kind): Pauses => {
    const own = times.filter((one) => one.kind === kind);
    return PAUSES_MS.map((pauseMs, p) => ({
      pauseMs,
      n: ROUNDS * runs,
      delays: PERCENTILES.map((percentile) => {
        const delayMs = mean(
          own.map(
            ({ sortedMs: [without, ...after] }) =>
              nearestRank(after[p]!, percentile) - nearestRank(without!, percentile),
          ),
        );
        // Nothing is faster after a pause, so a negative delay is noise.
        return { percentile, delayMs: Math.max(0, delayMs) };
      }),
    }));
  };
  const kinds = [...new Set(calls.map(({ kind }) => kind))];
  return Object.fromEntries(kinds.map((kind) => [kind, pausesOf(kind)])) as Record<Kind, Pauses>;
}

/** Measures how long a call takes after each pause. @returns for each pause, the times in ms of all its runs */
async function timesAfter(
  call: () => Promise<unknown>,
  pausesMs: readonly number[],
  runs: number,
  clock: Clock,
): Promise<number[][]> {
  const times = pausesMs.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++)
    for (const [i, pauseMs] of pausesMs.entries()) {
      await call(); // so that the first one without a pause has none before it
      for (let run = 0; run < runs; run++) {
        if (pauseMs > 0) await sleep(pauseMs);
        times[i]!.push(await timeMs(call, clock));
      }
    }
  return times;
}

async function timeMs(call: () => Promise<unknown>, clock: Clock): Promise<number> {
  const start = clock.now();
  await call();
  return clock.now() - start;
}
