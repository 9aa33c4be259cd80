import type { Summary } from '../documents/cell.ts';

/** Rank of the percentile among n values by the nearest-rank method, ⌈p/100 · n⌉. The smallest value has rank 1. */
export const rankOf = (n: number, percentile: number): number =>
  Math.max(1, Math.ceil((percentile / 100) * n - 1e-9));

/** Nearest-rank percentile of values in rising order. @throws RangeError if there are no values */
export function nearestRank(sorted: ArrayLike<number>, percentile: number): number {
  if (sorted.length === 0) throw new RangeError('a percentile needs at least one value');
  return sorted[rankOf(sorted.length, percentile) - 1]!;
}

export const sortedNumbers = (values: Iterable<number>): Float64Array => Float64Array.from(values).sort();

/** How many numbers of a rising list are below a threshold, by bisection. */
export function countBelow(rising: ArrayLike<number>, below: number): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rising[middle]! < below) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The largest value; −∞ if there are none. `Math.max(...values)` fails if there are some 100,000 values. */
export const largest = (values: readonly number[]): number =>
  values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);

/** The smallest value; ∞ if there are none. */
export const smallest = (values: readonly number[]): number =>
  values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);

export const mean = (values: readonly number[]): number => sum(values) / values.length;

/** Φ(x) by Marsaglia's series (Evaluating the Normal Distribution, 2004), for |x| up to about 8. */
export function normalProbability(x: number): number {
  let [sum, term] = [x, x];
  for (let k = 3; Math.abs(term) > 1e-17; k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

/** Φ⁻¹ by bisection, within ±7 standard deviations. */
export function normalQuantile(probability: number): number {
  let [low, high] = [-7, 7];
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (normalProbability(middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

export const median = (values: Iterable<number>): number => nearestRank(sortedNumbers(values), 50);

/**
 * 95 % confidence interval of the median: the order statistics n/2 ± 0.98·√n
 * (normal approximation of the binomial; Hahn & Meeker, Statistical Intervals, 5.2).
 */
function medianInterval(sorted: Float64Array): [low: number, high: number] {
  const n = sorted.length;
  const half = 0.98 * Math.sqrt(n);
  const low = Math.max(0, Math.floor(n / 2 - half));
  const high = Math.min(n - 1, Math.ceil(n / 2 + half) - 1);
  return [sorted[Math.min(low, n - 1)]!, sorted[Math.max(high, 0)]!];
}

/** The fewest samples for which a percentile is reported: as many as have one sample beyond it. */
export function samplesMin(percentile: number): number {
  // 100 − 99.9 is a little less than 0.1, so that without the tolerance p99.9 would take 1,001 samples.
  return Math.ceil(100 / (100 - percentile) - 1e-9);
}

/** The statistics of at least one sample. */
export function summaryOf(samples: Iterable<number>): Summary {
  const sorted = sortedNumbers(samples);
  const n = sorted.length;
  const [p50Low, p50High] = medianInterval(sorted);
  return {
    n,
    mean: mean([...sorted]),
    p50: nearestRank(sorted, 50),
    p50Low,
    p50High,
    p95: n >= samplesMin(95) ? nearestRank(sorted, 95) : null,
    p99: n >= samplesMin(99) ? nearestRank(sorted, 99) : null,
    max: sorted[n - 1]!,
  };
}
