import type { Predictor } from './predictor.ts';

const WINDOW_S = 10;

/**
 * Forecasts the maximum of the last {@link WINDOW_S} seconds, as both the median and the p90. So the load exceeds the p90 far
 * more often than one time in ten.
 */
export const lastWindow: Predictor = {
  name: 'last-window',
  async forecast(countsPerS) {
    const maximum = Math.max(...countsPerS.slice(-WINDOW_S));
    return { medianPerS: maximum, p90PerS: maximum };
  },
};
