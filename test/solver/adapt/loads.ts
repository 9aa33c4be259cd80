import type { StandingRequest } from '../../../solver/adapt/standing-request.ts';
import type { LoadState } from '../../../solver/adapt/system.ts';
import { request } from '../profiles.ts';

/** A standing request with an SLA of a second. */
export const standing = (more: Partial<StandingRequest> = {}): StandingRequest => {
  const { ratePerS: _, ...rest } = request({ slaMs: 1000, ...more });
  return { minRatePerS: 0, ...rest, ...more };
};

export const seconds = (count: number, value: number): number[] => Array<number>(count).fill(value);

/** A load with a forecast, whose requests are not counted. */
export const load = (countsPerS: number[], medianPerS: number, p90PerS: number): LoadState => ({
  countsPerS,
  forecast: { medianPerS, p90PerS },
});

/** A load that has been even for 30 seconds, and is expected to stay so. */
export const even = (ratePerS: number): LoadState => load(seconds(30, ratePerS), ratePerS, ratePerS);

/** How long each worker takes to start, in ms. */
export const startMs = () => 1000;
