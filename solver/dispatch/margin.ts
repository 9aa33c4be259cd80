/** Of requests that were begun, the share that may come to nothing. */
const WASTED_SHARE = 0.05;
/** Part of the SLA by which the margin grows for each that does. */
const STEP = 0.01;
const MAX = 0.5;

/**
 * How much earlier a request must begin than its expected times say, as a part of the SLA. Queues and slow batches need
 * it in an overload; it is held where requests that were begun in vain are the share that may be.
 */
export class Margin {
  #value = 0;

  get value(): number {
    return this.#value;
  }

  /** A request that was begun came to nothing. */
  grow(): void {
    this.#value = Math.min(MAX, this.#value + STEP);
  }

  /** A request that was begun came in time, or none is begun any more. */
  shrink(): void {
    this.#value = Math.max(0, this.#value - (STEP * WASTED_SHARE) / (1 - WASTED_SHARE));
  }
}
