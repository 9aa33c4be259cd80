import { median, sum } from '../../solver/math/statistics.ts';

/** The length of a window of runs, and the limits after which to give up. */
export interface SettleLimits {
  /** Time that the runs of a window take together; a window has at most `runsMost` runs. */
  readonly windowMs: number;
  readonly runsMost: number;
  /** Largest number of windows if the runs do not settle. */
  readonly windowsMost: number;
  /** No window begins after the runs have taken this time together. */
  readonly mostMs: number;
}

export interface Settled {
  readonly runs: number;
  readonly settled: boolean;
}

/** Two windows agree if their medians differ by at most this share, and the later one has at most this many times the runs. */
const AGREE = { share: 0.1, factor: 2 };

/**
 * Runs a batch until two consecutive windows of runs agree. Early runs are slower, because the first run compiles shaders, and
 * JavaScript engines compile code after it has run for a while.
 * @param run returns the time that it took, in ms
 * @returns the number of runs, and whether two windows agreed
 */
export async function settle(
  run: () => Promise<number>,
  { windowMs, runsMost, windowsMost, mostMs }: SettleLimits,
): Promise<Settled> {
  let runs = 0;
  let spentMs = 0;
  let previous: Window = { median: Number.NaN, size: 1 };
  let size = 1;
  for (let window = 0; window < windowsMost && spentMs < mostMs; window++) {
    const times: number[] = [];
    for (let i = 0; i < size; i++) times.push(await run());
    runs += size;
    spentMs += sum(times);
    const now = { median: median(times), size };
    if (agree(previous, now)) return { runs, settled: true };
    previous = now;
    size = Math.min(runsMost, Math.max(1, Math.round(windowMs / now.median)));
  }
  return { runs, settled: false };
}

interface Window {
  readonly median: number;
  readonly size: number;
}

const agree = (previous: Window, now: Window): boolean =>
  Math.abs(now.median - previous.median) <= AGREE.share * Math.max(now.median, previous.median) &&
  now.size <= AGREE.factor * previous.size;
