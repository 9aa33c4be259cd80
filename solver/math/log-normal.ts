import { mean, normalQuantile } from './statistics.ts';

/** Number of samples that represent a distribution. */
const SAMPLES = 200;

/** Quantiles of the standard normal distribution, at the midpoints of intervals of equal probability. */
const NORMAL = Array.from({ length: SAMPLES }, (_, i) => normalQuantile((i + 0.5) / SAMPLES));

/** The nearest-rank p99 of {@link NORMAL}. */
const Z99 = NORMAL[Math.ceil(0.99 * SAMPLES) - 1]!;

/** The highest ratio of p99 to mean that a log-normal distribution can have. */
export const P99_RATIO_MAX = Math.exp(Z99 ** 2 / 2);

/**
 * Samples of the log-normal distribution with this mean and p99, rising. Its mean is exp(μ + σ²/2) and its p99 exp(μ + zσ), so
 * ln(p99 / mean) = zσ − σ²/2; σ is the smaller root of that.
 */
export function logNormal(meanMs: number, p99Ms: number): number[] {
  const sigma = Z99 - Math.sqrt(Z99 ** 2 - 2 * Math.log(p99Ms / meanMs));
  const shape = NORMAL.map((z) => Math.exp(sigma * z));
  // The quantiles miss a little of the tail, so their mean is slightly too low and must be scaled.
  const scale = meanMs / mean(shape);
  return shape.map((value) => scale * value);
}
