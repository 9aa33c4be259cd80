import { mean } from '../math/statistics.ts';
import type { LoadState } from './system.ts';

/** What was missed too little or too much lately is made up for within this time. */
const SETTLED_S = 120;
/**
 * Bounds of the allowed share: `least` is a part of the share that the percentile leaves, `more` a share of all requests beyond it. A
 * plan for much less of the load would lose more requests than the difference, because shed requests have taken time of workers.
 */
const BOUNDS = { least: 0.1, more: 0.05 };
/**
 * A queue hides for a while that a load is too much, so that its misses show late. Requests under way that are more than come within
 * this part of the SLA, the most that a plan leaves for queues, therefore count as missed until they are fewer.
 */
const WAITING_PART = 0.6;
/** The level of the load is the mean count of this many last seconds. */
export const LEVEL_S = 10;

/**
 * Share of the coming requests that may miss the SLA, so that of all requests the percentile is kept: the share that it leaves,
 * more if fewer requests missed the SLA lately, and less after a burst that nothing foretold, or while many wait.
 */
export function allowedShare({ served, countsPerS }: LoadState, percentile: number, slaMs: number): number {
  const asked = 1 - percentile / 100;
  const level = mean(countsPerS.slice(-LEVEL_S));
  const requests = SETTLED_S * level;
  if (!served || requests === 0) return asked;
  const waiting = Math.max(0, served.open - ((WAITING_PART * slaMs) / 1000) * level);
  const left = asked * served.ended - served.missed - waiting;
  return asked + Math.min(BOUNDS.more, Math.max((BOUNDS.least - 1) * asked, left / requests));
}
