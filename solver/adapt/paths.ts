import { seededRandom } from '../math/random.ts';
import { mean, median, normalQuantile } from '../math/statistics.ts';
import { LEVEL_S } from './budget.ts';
import { HORIZON_S } from './predictors/predictor.ts';
import type { LoadState } from './system.ts';

/** Number of requests in each coming second, in one possible course of the load. */
export type Path = Float64Array;

/** Number of paths; their levels are equally likely. */
const PATHS = 64;
const SEED = 1;
/** The model measures the noise of the load over this many past seconds. */
const NOISE_S = 30;
/**
 * Each path assumes that the load moves in a straight line from its present level to the forecast one in this time, and then
 * stays there.
 */
const CHANGE_S = 10;
/** Mean and standard deviation of the maximum of {@link HORIZON_S} independent standard normal values. */
const PEAK = { mean: 1.867, deviation: 0.525 };
const P90 = normalQuantile(0.9);
/**
 * Standard normal values of each path: one for its level, from equally likely quantiles, and one for the noise of each second.
 */
const NORMAL = normalValues();

/**
 * Possible courses of the load over the horizon of a forecast. A forecast has the median and p90 of the busiest second. That
 * second's count is a level plus noise, and the noise is known from past seconds. Without the noise, the forecast gives the
 * future level and its uncertainty, as a log-normal distribution. Equal input gives equal paths.
 * @param lengthS length of each path; after the horizon of the forecast the level stays the same, and the noise repeats itself
 */
export function forecastPaths({ forecast, countsPerS }: LoadState, lengthS = HORIZON_S): Path[] {
  const now = mean(countsPerS.slice(-LEVEL_S));
  const noise = deviation(countsPerS);
  const { medianPerS, p90PerS } = forecast;
  const spread = medianPerS > 0 ? Math.max(0, Math.log(p90PerS / medianPerS)) / P90 : 0;
  const ofNoise = medianPerS > 0 ? (PEAK.deviation * noise) / medianPerS : 0;
  const uncertain = Math.sqrt(Math.max(0, spread ** 2 - ofNoise ** 2));
  return NORMAL.map(({ level, seconds }) => {
    const peak = medianPerS * Math.exp(uncertain * level);
    const next = Math.max(0, peak - PEAK.mean * noise);
    return Float64Array.from({ length: lengthS }, (_, second) => {
      const level = now + (next - now) * Math.min(1, (second + 1) / CHANGE_S);
      return Math.max(0, level + noise * seconds[second % HORIZON_S]!);
    });
  });
}

function normalValues(): { readonly level: number; readonly seconds: readonly number[] }[] {
  const random = seededRandom(SEED);
  return Array.from({ length: PATHS }, (_, i) => ({
    level: normalQuantile((i + 0.5) / PATHS),
    seconds: Array.from({ length: HORIZON_S }, () => normalQuantile(random())),
  }));
}

/** Standard deviation of the counts about a moving level, estimated from the differences between neighbouring seconds. */
function deviation(countsPerS: readonly number[]): number {
  const steps = countsPerS.slice(1).map((count, i) => Math.abs(count - countsPerS[i]!));
  // The absolute difference of two normal values has the median Φ⁻¹(3/4) · √2 = 0.954 standard deviations.
  return steps.length ? median(steps.slice(-NOISE_S)) / 0.954 : 0;
}
