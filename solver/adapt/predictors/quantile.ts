import { nearestRank, sortedNumbers } from '../../math/statistics.ts';
import { HORIZON_S, type Predictor } from './predictor.ts';

/**
 * The next seconds are like the known ones: quantiles of the maxima of every {@link HORIZON_S} s of the history, or its
 * one maximum where it is shorter. Its p90 holds in the long run, but lags behind a burst's start and its end.
 */
export const quantile: Predictor = {
  name: 'quantile',
  async forecast(countsPerS) {
    const windows = Math.max(1, countsPerS.length - HORIZON_S + 1);
    const maxima = Array.from({ length: windows }, (_, i) => Math.max(...countsPerS.slice(i, i + HORIZON_S)));
    const sorted = sortedNumbers(maxima);
    return { medianPerS: nearestRank(sorted, 50), p90PerS: nearestRank(sorted, 90) };
  },
};
