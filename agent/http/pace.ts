/** How fast events of one address may happen. */
export interface PaceLimits {
  /** Milliseconds between two events. */
  readonly intervalMs: number;
  /** The longest wait for a turn, in milliseconds. */
  readonly waitMsMax: number;
}

/** Limits each address to one event per interval: an event that comes too soon waits for its turn. */
export class Pace {
  /** Time of the next turn of each address, in the order in which the addresses were last seen. */
  readonly #nextMs = new Map<string, number>();

  constructor(private readonly limits: PaceLimits) {}

  /** Number of addresses that are remembered. Those whose turns have passed are forgotten when others are seen. */
  get size(): number {
    return this.#nextMs.size;
  }

  /**
   * How long a new event of an address has to wait for its turn, in milliseconds.
   * @param nowMs not before that of any earlier call
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
