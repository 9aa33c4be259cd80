import type { Path } from './paths.ts';

/** The state that a new plan takes over, and the limits that it must keep. */
export interface Handover {
  /** Number of open requests now. */
  readonly open: number;
  /** Capacity of the plan that serves now, in requests per second; infinite if a coarse clock measured 0 ms for its batches. */
  readonly servingPerS: number;
  /** Time until the new plan serves. */
  readonly startS: number;
  /** How long a request may wait in queues and still make the SLA. */
  readonly queueS: number;
  /** Share of the requests that may miss the SLA. */
  readonly allowed: number;
}

/**
 * At the end of a path (`paths.ts`), the queue may be this fraction of the longest queue that the workers serve in time, or as
 * long as it was at the start if that is longer. Further requests count as missed, because they leave no room for a burst.
 */
const FULL = 0.25;

/**
 * Number of requests that miss the SLA on a path if a new plan has the capacity `ratePerS`. A request misses the SLA if the queue
 * before it is longer than what the workers serve in the time that a request may wait. The model assumes that capacity is
 * continuous and that the requests of each second are evenly spread.
 */
export function missedOn(path: Path, ratePerS: number, handover: Handover): number {
  const { open, servingPerS, startS, queueS } = handover;
  /** Number of requests served from `fromS` on during the time that a request may wait. */
  const servedInTime = (fromS: number) => {
    const beforeS = Math.min(queueS, Math.max(0, startS - fromS));
    return (beforeS > 0 ? servingPerS * beforeS : 0) + ratePerS * (queueS - beforeS);
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
 * The lowest capacity, in requests per second, with which at most the allowed share of the requests misses the SLA. The share is
 * over all paths, and of the requests that come once the new plan serves. Misses that no capacity could prevent do not count.
 */
export function neededRate(paths: readonly Path[], handover: Handover): number {
  const over = (value: (path: Path) => number) => paths.reduce((sum, path) => sum + value(path), 0);
  const served = Math.ceil(handover.startS);
  const requests = over((path) => path.subarray(served).reduce((sum, count) => sum + count, 0));
  const missed = (ratePerS: number) => over((path) => missedOn(path, ratePerS, handover));
  const most = Math.max(...paths.map((path) => Math.max(...path))) + handover.open;
  const allowed = missed(most) + handover.allowed * requests;
  // The bisection ends by a relative width, so it would halve the rate a thousand times before the rate is 0.
  if (missed(0) <= allowed) return 0;
  let [low, high] = [0, most];
  while (high - low > 1e-3 * high) {
    const middle = (low + high) / 2;
    if (missed(middle) <= allowed) high = middle;
    else low = middle;
  }
  return high;
}
