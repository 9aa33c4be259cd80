import type { Predictor } from './predictor.ts';

const WINDOW_S = 10;

/**
 * Forecasts the maximum of the last {@link WINDOW_S} seconds. Median and p90 are the same number, so the p90 is exceeded far
 * more often than one time in ten.
 */
export const lastWindow: Predictor = {
  name: 'last-window',
  async forecast(countsPerS) {
    const maximum = Math.max(...countsPerS.slice(-WINDOW_S));
    return { medianPerS: maximum, p90PerS: maximum };
  },
};
