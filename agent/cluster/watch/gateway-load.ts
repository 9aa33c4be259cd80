import { CHECK_MS } from '../../../solver/adapt/clock.ts';
import { type Counts, CountsGrowth, total } from '../../../solver/adapt/serving-counts.ts';
import type { Adapter } from '../../../workers/executor/adapter.ts';

/** Counts of the gateways, with the times in `performance.now()` between which each gateway made its count. */
export interface Reading {
  readonly counts: ReadonlyMap<string, Counts>;
  readonly askedMs: number;
  readonly answeredMs: number;
}

/** The most requests per second that are believed of a gateway, because any pod may say that it is one. */
const RATE_MAX_PER_S = 1_000_000;

/** Milliseconds above which a reading is slow: nobody knows when in that time the gateways counted. */
const SLOW_MS = CHECK_MS / 2;

/** Tells an adapter the arrivals at the gateways. All times but those of a {@link Reading} count from the start of the load. */
export class GatewayLoad {
  readonly #growth = new CountsGrowth();
  /** Time of the last reading that was counted. */
  #readMs: number;
  #wasSlow = false;

  /**
   * @param first the reading before the start; only later arrivals belong to the load
   * @param startMs the start of the load, in `performance.now()`
   */
  constructor(
    private readonly adapter: Pick<Adapter, 'arrived' | 'known'>,
    first: Reading,
    private readonly startMs: number,
  ) {
    adapter.known(0);
    this.#readMs = this.timeOf(first);
    this.#growth.ofEach(first.counts, this.#readMs);
  }

  /** The time of a reading. */
  timeOf({ askedMs }: Reading): number {
    return askedMs - this.startMs;
  }

  /**
   * Counts a reading, unless the reading is slow: nobody knows when the gateways made its counts, so its requests could look like a
   * burst. The next reading includes these requests. If the reading before was slow too, both have about the same delay, so the
   * time between them is right.
   * @returns the growth of the counters since the reading that was counted before, and the time since then; undefined if this
   * reading is not counted
   */
  take(now: Reading): { readonly growth: Counts; readonly elapsedMs: number } | undefined {
    const isSlow = now.answeredMs - now.askedMs > SLOW_MS;
    const counts = !isSlow || this.#wasSlow;
    this.#wasSlow = isSlow;
    if (!counts) return undefined;
    const nowMs = this.timeOf(now);
    const elapsedMs = nowMs - this.#readMs;
    const grown = this.#growth.ofEach(now.counts, nowMs);
    // The counters have no arrival times, so a gateway's new requests are spread evenly over the time since its last reading.
    for (const { growth, sinceMs } of grown) {
      const arrivals = Math.min(growth.arrivals, (RATE_MAX_PER_S / 1000) * (nowMs - sinceMs));
      for (let i = 0; i < arrivals; i++)
        this.adapter.arrived(sinceMs + ((i + 0.5) / arrivals) * (nowMs - sinceMs));
    }
    this.adapter.known(nowMs);
    this.#readMs = nowMs;
    return { growth: total(grown), elapsedMs };
  }
}
