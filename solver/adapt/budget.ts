import { mean } from '../math/statistics.ts';
import type { LoadState } from './system.ts';

/** A surplus or deficit of recently missed requests is made up for within this time. */
const MADE_UP_IN_S = 120;
/**
 * Bounds of the allowed share: at least `least` times the share that the percentile leaves, at most that share plus `more`. A
 * plan for much less than the load would lose more requests than the difference, because shed requests have already taken time of
 * workers.
 */
const BOUNDS = { least: 0.1, more: 0.05 };
/**
 * The misses of an overload show late, because its requests wait in a queue first. Open requests beyond those that arrive within
 * this fraction of the SLA, the largest fraction that a plan leaves for queues, therefore already count as missed.
 */
const WAITING_PART = 0.6;
/** The level of the load is the mean number of requests per second over this many past seconds. */
export const LEVEL_S = 10;

/**
 * Share of the coming requests that may miss the SLA so that the percentile is kept over all requests. It is the share that the
 * percentile leaves, raised if fewer requests missed the SLA lately, and lowered after an unforeseen burst or while many requests
 * wait.
 */
export function allowedShare({ served, countsPerS }: LoadState, percentile: number, slaMs: number): number {
  const asked = 1 - percentile / 100;
  const level = mean(countsPerS.slice(-LEVEL_S));
  const requests = MADE_UP_IN_S * level;
  if (!served || requests === 0) return asked;
  const waiting = Math.max(0, served.open - ((WAITING_PART * slaMs) / 1000) * level);
  const left = asked * served.ended - served.missed - waiting;
  return asked + Math.min(BOUNDS.more, Math.max((BOUNDS.least - 1) * asked, left / requests));
}
