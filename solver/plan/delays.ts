import type { Delays } from '../documents/co-run.ts';
import { mean } from '../math/statistics.ts';

/** The delay at a percentile: linear between the measured percentiles, constant outside them. */
export function delayAtMs(delays: Delays, percentile: number): number {
  const above = delays.findIndex((point) => point.percentile >= percentile);
  if (above === 0) return delays[0]!.delayMs;
  if (above < 0) return delays.at(-1)!.delayMs;
  const [a, b] = [delays[above - 1]!, delays[above]!];
  return a.delayMs + ((b.delayMs - a.delayMs) * (percentile - a.percentile)) / (b.percentile - a.percentile);
}

export const meanDelayMs = (delays: Delays): number =>
  mean(Array.from({ length: 100 }, (_, i) => delayAtMs(delays, i + 0.5)));

/** Step through the quantiles of delays. With the golden ratio, even a few steps in a row spread over all quantiles. */
const GOLDEN = 0.618034;

/** The percentile of the delay to add to a run, given by its index, so that the runs of a cell together cover all percentiles. */
export const percentileOfRun = (run: number): number => 100 * ((run * GOLDEN) % 1);
