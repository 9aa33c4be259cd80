import { mean } from '../math/statistics.ts';
import type { LoadState } from './system.ts';

/** The budget makes up for too many or too few recent misses within this time. */
const MADE_UP_IN_S = 120;
/**
 * Bounds of the allowed share: at least `least` times the share that the percentile leaves, at most that share plus `more`. A
 * plan for much less than the load would lose more requests than the difference, because shed requests have already taken time of
 * workers.
 */
const BOUNDS = { least: 0.1, more: 0.1 };
/** The usual share is at least the share that the percentile leaves, and at most that share plus this. */
const USUALLY_MORE = 0.05;
/** The usual share moves by this fraction of its distance to each decision's share. */
const MOVES = 0.2;
/**
 * The misses of an overload show late, because its requests wait in a queue first. So the budget takes the number of requests
 * that arrive within this fraction of the SLA, and counts all open requests beyond that number as missed. A plan leaves at most
 * this fraction for queues.
 */
const WAITING_PART = 0.6;
/** The level of the load is the mean number of requests per second over this many past seconds. */
export const LEVEL_S = 10;

/**
 * Decides which share of the coming requests may miss the SLA, so that all requests together keep the percentile. The paths of a
 * forecast may foresee more misses than come. Plans that allow only the misses that the percentile leaves would then have too few
 * misses, and cost too much. So the budget remembers the usual share: a moving average of the shares of past decisions, within
 * bounds.
 */
export class MissBudget {
  readonly #asked: number;
  #usual: number;

  constructor(
    percentile: number,
    private readonly slaMs: number,
  ) {
    this.#asked = 1 - percentile / 100;
    this.#usual = this.#asked;
  }

  /**
   * The share for the next decision: the usual one, raised if fewer requests missed the SLA lately than the percentile leaves,
   * and lowered after an unforeseen burst or while many requests wait. Without counts of the requests, or if none arrived in the
   * last {@link LEVEL_S} seconds, the share is what the percentile leaves.
   */
  next({ served, countsPerS }: LoadState): number {
    const asked = this.#asked;
    const level = mean(countsPerS.slice(-LEVEL_S));
    const requests = MADE_UP_IN_S * level;
    if (!served || requests === 0) return asked;
    const waiting = Math.max(0, served.open - ((WAITING_PART * this.slaMs) / 1000) * level);
    const left = asked * served.ended - served.missed - waiting;
    const share = Math.min(
      asked + BOUNDS.more,
      Math.max(BOUNDS.least * asked, this.#usual + left / requests),
    );
    const usual = this.#usual + MOVES * (share - this.#usual);
    this.#usual = Math.min(asked + USUALLY_MORE, Math.max(asked, usual));
    return share;
  }
}
