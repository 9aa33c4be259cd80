/** A clock that stops while the work is paused, so that a pause does not use up a time budget. */
export class WorkClock {
  readonly #aborted: Promise<void>;
  #pausedMs = 0;

  /** @param unpaused returns a promise that resolves once the work is not paused; absent if the work is never paused */
  constructor(
    private readonly unpaused?: () => Promise<void>,
    private readonly signal?: AbortSignal,
  ) {
    this.#aborted = new Promise((resolve) => {
      if (signal?.aborted) resolve();
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** Time in ms without the pauses. */
  now(): number {
    return performance.now() - this.#pausedMs;
  }

  /** Waits while the work is paused. @throws the signal's reason, if it is aborted before or during the wait */
  async wait(): Promise<void> {
    this.signal?.throwIfAborted();
    if (!this.unpaused) return;
    const start = performance.now();
    await Promise.race([this.unpaused(), this.#aborted]);
    this.#pausedMs += performance.now() - start;
    this.signal?.throwIfAborted();
  }

  /** Waits for `work`, but rejects as soon as the signal is aborted. @throws the signal's reason */
  async unlessAborted<T>(work: Promise<T>): Promise<T> {
    const first = await Promise.race([work, this.#aborted]);
    this.signal?.throwIfAborted();
    return first as T;
  }
}
