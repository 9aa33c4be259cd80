/** What was counted in service, and what a profile says that it takes. */
export interface Seen {
  /** Number of things that were timed, e.g. batches. */
  readonly n: number;
  readonly measuredMs: number;
  /** Their time by the profile. */
  readonly expectedMs: number;
}

/** Time in which a factor comes 63 % closer to what is measured: long against a burst, short against a day. */
export const SLOWNESS_MS = 5 * 60_000;
/** A factor stays between these, whatever is measured. */
export const FACTOR_LEAST = 0.5;
export const FACTOR_MOST = 10;
/** Fewer things say too little: they count together with later ones. */
const LEAST_SEEN = 30;
/** What was seen counts for at most this time, so that a few batches after a quiet hour do not weigh as a whole hour. */
const LONGEST_MS = 30_000;
/** A factor that plans count with changes when it is this much too large or too small. */
const RELEVANT = 1.1;

/**
 * By what factor something takes longer in service than a profile says. The factor follows what is measured slowly, by exponential
 * smoothing over time, and within bounds. Plans count with a factor that changes only by relevant amounts, so that they stay.
 */
export class Correction {
  #factor = 1;
  #used = 1;
  #waiting: Seen = { n: 0, measuredMs: 0, expectedMs: 0 };
  #waitedMs = 0;

  /** The smoothed factor. */
  get factor(): number {
    return this.#factor;
  }

  /** The factor that plans count with. */
  get used(): number {
    return this.#used;
  }

  /** Takes what was seen in the time since the last call. @returns whether the factor that plans count with has changed */
  take({ n, measuredMs, expectedMs }: Seen, elapsedMs: number): boolean {
    const { n: before, measuredMs: measured, expectedMs: expected } = this.#waiting;
    const seen = { n: before + n, measuredMs: measured + measuredMs, expectedMs: expected + expectedMs };
    this.#waitedMs = Math.min(LONGEST_MS, this.#waitedMs + elapsedMs);
    this.#waiting = seen;
    if (seen.n < LEAST_SEEN || seen.expectedMs <= 0) return false;
    const factor = Math.min(FACTOR_MOST, Math.max(FACTOR_LEAST, seen.measuredMs / seen.expectedMs));
    this.#factor += (1 - Math.exp(-this.#waitedMs / SLOWNESS_MS)) * (factor - this.#factor);
    this.#waiting = { n: 0, measuredMs: 0, expectedMs: 0 };
    this.#waitedMs = 0;
    const change = this.#factor / this.#used;
    if (change < RELEVANT && change > 1 / RELEVANT) return false;
    this.#used = this.#factor;
    return true;
  }
}
