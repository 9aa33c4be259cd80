/** One point of a variant's sweep over the batch sizes: a batch size and the median latency of a whole batch. */
interface SweepPoint {
  readonly batch: number;
  readonly p50Ms: number;
}

/** A gain in items per second below this share counts as noise. */
const GAIN = 0.03;

/**
 * Decides whether a variant's sweep over the batch sizes ends, and why: a single batch takes longer than the SLA, or two
 * doublings of the batch in a row brought no more items per second.
 * @param points the points measured so far, in rising order of batch sizes
 * @returns the reason to end, or null if the sweep continues
 */
export function sweepEnd(
  points: readonly SweepPoint[],
  slaMs: number,
): 'breaks-sla' | 'no-more-items-per-second' | null {
  let best = 0;
  let bestBatch = 0;
  for (const { batch, p50Ms } of points) {
    if (p50Ms > slaMs) return 'breaks-sla';
    const itemsPerMs = batch / p50Ms;
    if (itemsPerMs > best * (1 + GAIN)) {
      best = itemsPerMs;
      bestBatch = batch;
    } else if (batch >= 4 * bestBatch) return 'no-more-items-per-second';
  }
  return null;
}
