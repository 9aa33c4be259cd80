import { mean, normalQuantile } from './statistics.ts';

/** Samples that stand for a distribution. */
const SAMPLES = 200;

/** The middles of equal parts of the standard normal distribution. */
const NORMAL = Array.from({ length: SAMPLES }, (_, i) => normalQuantile((i + 0.5) / SAMPLES));

/** The one that is the nearest-rank p99. */
const Z99 = NORMAL[Math.ceil(0.99 * SAMPLES) - 1]!;

/** No log-normal has a higher p99 / mean. */
export const P99_RATIO_MAX = Math.exp(Z99 ** 2 / 2);

/**
 * Samples, rising, of the log-normal with this mean and p99. Its mean is exp(μ + σ²/2) and its p99 exp(μ + zσ), so
 * ln(p99 / mean) = zσ − σ²/2, and σ is the smaller root.
 */
export function logNormal(meanMs: number, p99Ms: number): number[] {
  const sigma = Z99 - Math.sqrt(Z99 ** 2 - 2 * Math.log(p99Ms / meanMs));
  const shape = NORMAL.map((z) => Math.exp(sigma * z));
  // The middles miss a little of the tail's mean.
  const scale = meanMs / mean(shape);
  return shape.map((value) => scale * value);
}
