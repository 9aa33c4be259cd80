import { unlessAborted } from '../executor/clock.ts';

/** Tells the time in ms, as `performance` does. */
export type Clock = Pick<WorkClock, 'now'>;

/** A clock that stands while the work waits for the user, so that such a wait neither uses up a budget nor counts as latency. */
export class WorkClock {
  /** Time for which the clock has stood, without the present wait. */
  #stoodMs = 0;
  /** Number of present waits, and when the first of them began. */
  #waits = 0;
  #stopMs = 0;

  /** @param unpaused returns a promise that resolves once the work is not paused; absent if the work is never paused */
  constructor(
    private readonly unpaused?: () => Promise<void>,
    private readonly signal?: AbortSignal,
  ) {}

  /** Time in ms without the waits. */
  now(): number {
    return (this.#waits > 0 ? this.#stopMs : performance.now()) - this.#stoodMs;
  }

  /** Waits while the work is paused. @throws the signal's reason, if it is aborted before or during the wait */
  async wait(): Promise<void> {
    this.signal?.throwIfAborted();
    if (this.unpaused) await this.idle(this.unpaused());
  }

  /**
   * Waits for `end` while the clock stands. Waits may overlap.
   * @throws the signal's reason as soon as it is aborted
   */
  async idle(end: Promise<void>): Promise<void> {
    if (this.#waits++ === 0) this.#stopMs = performance.now();
    try {
      await unlessAborted(() => end, this.signal);
    } finally {
      if (--this.#waits === 0) this.#stoodMs += performance.now() - this.#stopMs;
    }
  }
}
