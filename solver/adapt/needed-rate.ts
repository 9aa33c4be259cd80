import type { Path } from './paths.ts';

/** What a new plan takes over, and what is asked of it. */
export interface Handover {
  /** Requests that are under way now. */
  readonly open: number;
  /** Requests per second that the plan that serves now keeps up with. */
  readonly servingPerS: number;
  /** Time until the new plan serves. */
  readonly startS: number;
  /** How long a request may wait in queues and still make the SLA. */
  readonly queueS: number;
  /** Share of the requests that may miss the SLA. */
  readonly allowed: number;
}

/**
 * A queue may grow to this part of the longest one that can be served in time. One that grows further leaves no room for a
 * burst, so the requests beyond it count as missed.
 */
const FULL = 0.25;

/**
 * Requests that miss the SLA on a path if a new plan keeps up with a rate. A request misses it if more are before it in the queue
 * than are served while it may wait. Capacity is continuous, and a second's requests come evenly.
 */
export function missedOn(path: Path, ratePerS: number, handover: Handover): number {
  const { open, servingPerS, startS, queueS } = handover;
  /** Requests served from a time on, for as long as a request may wait. */
  const servedInTime = (fromS: number) => {
    const beforeS = Math.min(queueS, Math.max(0, startS - fromS));
    return servingPerS * beforeS + ratePerS * (queueS - beforeS);
  };
  let [queue, missed] = [open, 0];
  for (const [second, count] of path.entries()) {
    queue = Math.max(0, queue + count - (second < startS ? servingPerS : ratePerS));
    const inTime = Math.min(queue, servedInTime(second + 1));
    missed += queue - inTime;
    queue = inTime;
  }
  return missed + Math.max(0, queue - Math.max(open, FULL * ratePerS * queueS));
}

/**
 * The lowest rate with which a plan must keep up so that, over all paths, no more than the allowed share of requests misses the
 * SLA. What no plan could serve in time, because it comes before a new plan serves, is not asked of this one.
 */
export function neededRate(paths: readonly Path[], handover: Handover): number {
  const over = (value: (path: Path) => number) => paths.reduce((sum, path) => sum + value(path), 0);
  const requests = over((path) => path.reduce((sum, count) => sum + count, 0));
  const missed = (ratePerS: number) => over((path) => missedOn(path, ratePerS, handover));
  const most = Math.max(...paths.map((path) => Math.max(...path))) + handover.open;
  const allowed = missed(most) + handover.allowed * requests;
  let [low, high] = [0, most];
  while (high - low > 1e-3 * high) {
    const middle = (low + high) / 2;
    if (missed(middle) <= allowed) high = middle;
    else low = middle;
  }
  return high;
}
