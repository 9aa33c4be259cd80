import { FACTOR_MAX, FACTOR_MIN } from '../documents/serving.ts';

/** Times of requests, batches or hops as measured in service, and as a profile predicts them. */
export interface Seen {
  /** Number of requests, batches or hops that were timed. */
  readonly n: number;
  readonly measuredMs: number;
  /** The total time that the profile predicts for all `n`. */
  readonly expectedMs: number;
}

export const NONE_SEEN: Seen = { n: 0, measuredMs: 0, expectedMs: 0 };

export const together = (a: Seen, b: Seen): Seen => ({
  n: a.n + b.n,
  measuredMs: a.measuredMs + b.measuredMs,
  expectedMs: a.expectedMs + b.expectedMs,
});

/** Time constant of the smoothing, if none is given. It is long against a burst and short against a day. */
export const SLOWNESS_MS = 5 * 60_000;
/**
 * A factor is computed from at least this many timed requests, batches or hops. Fewer wait and count together with later ones.
 */
const SEEN_MIN = 30;
/** Measurements count for at most this much time, so that a few batches after a quiet hour do not count as an hour of batches. */
const LONGEST_MS = 30_000;
/** The factor that plans use changes once the smoothed factor differs from it by this ratio. */
export const RELEVANT = 1.1;

/**
 * The factor by which something takes longer in service than its profile predicts. The factor follows the measurements slowly, by
 * exponential smoothing over time, and within bounds. The factor that plans use changes only by relevant amounts, so that plans
 * do not change with every measurement.
 */
export class Correction {
  #factor: number;
  #used: number;
  readonly #slownessMs: number;
  #waiting = NONE_SEEN;
  #waitedMs = 0;

  /**
   * @param slownessMs time constant of the smoothing: the factor covers 63 % of a change in this time
   * @param start the factor to begin with
   */
  constructor({
    slownessMs = SLOWNESS_MS,
    start = 1,
  }: { slownessMs?: number; start?: number | undefined } = {}) {
    this.#slownessMs = slownessMs;
    this.#factor = bounded(start);
    this.#used = this.#factor;
  }

  /** The smoothed factor. */
  get factor(): number {
    return this.#factor;
  }

  /** The factor that plans use. */
  get used(): number {
    return this.#used;
  }

  /**
   * A log text about the factor that plans use.
   * @param what names what takes longer or shorter than the profile says
   */
  text(what: string): string {
    return `${what} takes ${this.#used.toFixed(2)} times as long as in the profile, so new plans expect that`;
  }

  /** Adds the measurements since the last call. @returns whether the factor that plans use has changed */
  take(more: Seen, elapsedMs: number): boolean {
    const seen = together(this.#waiting, more);
    this.#waitedMs = Math.min(LONGEST_MS, this.#waitedMs + elapsedMs);
    this.#waiting = seen;
    if (seen.n < SEEN_MIN || seen.expectedMs <= 0) return false;
    const factor = bounded(seen.measuredMs / seen.expectedMs);
    this.#factor += (1 - Math.exp(-this.#waitedMs / this.#slownessMs)) * (factor - this.#factor);
    this.#waiting = NONE_SEEN;
    this.#waitedMs = 0;
    const change = this.#factor / this.#used;
    if (change < RELEVANT && change > 1 / RELEVANT) return false;
    this.#used = this.#factor;
    return true;
  }
}

/** The factor, within the bounds that a plan's factors have. */
export const bounded = (factor: number): number => Math.min(FACTOR_MAX, Math.max(FACTOR_MIN, factor));
