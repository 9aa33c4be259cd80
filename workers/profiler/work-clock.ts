/** A clock that stands still while the work is paused, so that a pause takes nothing of a budget. */
export class WorkClock {
  readonly #aborted: Promise<void>;
  #pausedMs = 0;

  /** @param unpaused resolves when the work may go on; absent: it is never paused */
  constructor(
    private readonly unpaused?: () => Promise<void>,
    private readonly signal?: AbortSignal,
  ) {
    this.#aborted = new Promise((resolve) => {
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  now(): number {
    return performance.now() - this.#pausedMs;
  }

  /** Waits while the work is paused. @throws the signal's reason where it is aborted, also meanwhile */
  async wait(): Promise<void> {
    this.signal?.throwIfAborted();
    if (!this.unpaused) return;
    const start = performance.now();
    await Promise.race([this.unpaused(), this.#aborted]);
    this.#pausedMs += performance.now() - start;
    this.signal?.throwIfAborted();
  }

  /** What the work gives. @throws the signal's reason as soon as it is aborted: the work is left alone */
  async unlessAborted<T>(work: Promise<T>): Promise<T> {
    const first = await Promise.race([work, this.#aborted]);
    this.signal?.throwIfAborted();
    return first as T;
  }
}
