/** How fast events of one address may happen. */
export interface PaceLimits {
  /** Milliseconds between two events. */
  readonly intervalMs: number;
  /** The longest wait for a turn, in milliseconds. */
  readonly waitMsMax: number;
}

/**
 * Spaces the events of each address by an interval: an event that comes too soon waits for its turn. No event waits longer than
 * `waitMsMax`, so once the wait is that long, turns come as fast as events.
 */
export class Pace {
  /** Time of the next turn of each address, in the order in which the addresses were last seen. */
  readonly #nextMs = new Map<string, number>();

  constructor(private readonly limits: PaceLimits) {}

  /**
   * Number of addresses in memory. An event removes the addresses that were seen longest ago, up to the first one whose turn is
   * still to come.
   */
  get size(): number {
    return this.#nextMs.size;
  }

  /**
   * Gives a new event of an address its turn, and returns the milliseconds until that turn.
   * @param nowMs the present time, not before that of any earlier call
   */
  waitMs(address: string, nowMs: number): number {
    const { intervalMs, waitMsMax } = this.limits;
    const turnMs = Math.min(nowMs + waitMsMax, Math.max(nowMs, this.#nextMs.get(address) ?? nowMs));
    this.#nextMs.delete(address);
    for (const [other, nextMs] of this.#nextMs) {
      if (nextMs > nowMs) break;
      this.#nextMs.delete(other);
    }
    this.#nextMs.set(address, turnMs + intervalMs);
    return turnMs - nowMs;
  }
}
