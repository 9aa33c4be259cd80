import type { Delays } from '../../solver/documents/co-run.ts';
import { nearestRank, sortedNumbers } from '../../solver/math/statistics.ts';

/** Percentiles at which a profile records delays; values between them are interpolated. */
export const PERCENTILES = [5, 25, 50, 75, 90, 95, 99];

/** Delays at {@link PERCENTILES}. Negative delays are noise and become 0. */
export function delaysOf(times: Iterable<number>): Delays {
  const sorted = sortedNumbers(times);
  return PERCENTILES.map((percentile) => ({
    percentile,
    delayMs: Math.max(0, nearestRank(sorted, percentile)),
  }));
}
