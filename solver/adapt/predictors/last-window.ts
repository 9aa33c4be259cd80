import type { Predictor } from './predictor.ts';

const WINDOW_S = 10;

/**
 * Reactive: the next seconds bring what the last {@link WINDOW_S} s brought at most. It knows nothing of chance, so its
 * p90 is the same number, which is exceeded far more often than one time in ten.
 */
export const lastWindow: Predictor = {
  name: 'last-window',
  async forecast(countsPerS) {
    const maximum = Math.max(...countsPerS.slice(-WINDOW_S));
    return { medianPerS: maximum, p90PerS: maximum };
  },
};
