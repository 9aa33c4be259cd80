import { unlessAborted } from '../executor/clock.ts';

/** Tells the time in ms, as `performance` does. */
export type Clock = Pick<WorkClock, 'now'>;

const TICK_MS = 500;
/** If two ticks are so far apart, everything counts as having stood still between them. */
const STOOD_STILL_MS = 2000;

/**
 * A clock that stands while the work waits for the user, so that such a wait neither uses up a budget nor counts as latency. While
 * it ticks, it also leaves out the times in which everything stood still, as after Ctrl-Z or `docker pause`.
 */
export class WorkClock {
  /** Time that is left out, without the present wait. */
  #stoodMs = 0;
  /** Number of present waits, and when the first of them began. */
  #waits = 0;
  #stopMs = 0;
  /** When the last tick was; undefined while the clock does not tick. */
  #tickMs: number | undefined;
  #standstills = 0;

  /** @param unpaused returns a promise that resolves once the work is not paused; absent if the work is never paused */
  constructor(
    private readonly unpaused?: () => Promise<void>,
    private readonly signal?: AbortSignal,
  ) {}

  /** Begins to tick. @returns a function that ends it */
  tick(): () => void {
    this.#tickMs = performance.now();
    const ticks = setInterval(() => this.#notice(), TICK_MS);
    return () => {
      clearInterval(ticks);
      this.#tickMs = undefined;
    };
  }

  /** How often everything has stood still so far. */
  get standstills(): number {
    this.#notice();
    return this.#standstills;
  }

  #notice(): void {
    if (this.#tickMs === undefined) return;
    const now = performance.now();
    const sinceMs = now - this.#tickMs;
    this.#tickMs = now;
    if (sinceMs < STOOD_STILL_MS) return;
    this.#standstills++;
    // During a wait, `idle` leaves out all of the wait's time, and with it this standstill.
    if (this.#waits === 0) this.#stoodMs += sinceMs;
  }

  /** Time in ms without what is left out. */
  now(): number {
    this.#notice();
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
    this.#notice();
    if (this.#waits++ === 0) this.#stopMs = performance.now();
    try {
      await unlessAborted(() => end, this.signal);
    } finally {
      this.#notice();
      if (--this.#waits === 0) this.#stoodMs += performance.now() - this.#stopMs;
    }
  }
}
