import { nearestRank, sortedNumbers } from '../../math/statistics.ts';
import { HORIZON_S, type Predictor } from './predictor.ts';

/**
 * Forecasts from the maxima of all windows of {@link HORIZON_S} seconds in the history: their median and p90. A shorter history
 * is one window. The p90 is right in the long run, but late at the start and at the end of a burst.
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
