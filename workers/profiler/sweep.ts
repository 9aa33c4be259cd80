import { type CellKey, cellId, type MeasuredCell } from '../../solver/documents/profile.ts';

/** What one run of the batch sweep of a variant taught: batch, and the median latency of a whole batch. */
export interface SweepPoint {
  readonly batch: number;
  readonly p50Ms: number;
}

/** A gain in items/s below this share is noise. */
const GAIN = 0.03;

/**
 * Whether a variant's batch sweep ends after these points (batches rising), and why: one batch alone breaks the SLA, or two
 * doublings in a row gave no more items/s.
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

/** Width of the median's confidence interval, relative to the median. */
export const relativeWidth = ({ latencyMs }: Pick<MeasuredCell, 'latencyMs'>): number =>
  (latencyMs.p50High - latencyMs.p50Low) / latencyMs.p50;

/** Samples beyond which a cell is not refined further. */
const ENOUGH_SAMPLES = 400;
/** Relative width below which a cell is not refined further. */
const ENOUGH_WIDTH = 0.02;

/** Too few to tell a p95 is worse than any width: such cells come first, cheapest first, while they are affordable. */
const FEW = 20;

/**
 * The cell that more samples help most: the one with the widest interval, of those that need more and that can be
 * run at least once in the time left. Undefined: all are well known, or nothing fits.
 */
export function mostUncertain(cells: readonly MeasuredCell[], timeLeftMs: number): MeasuredCell | undefined {
  let widest: MeasuredCell | undefined;
  let worst = 0;
  for (const cell of cells) {
    const { n, mean } = cell.latencyMs;
    if (mean > timeLeftMs || n >= ENOUGH_SAMPLES) continue;
    // The interval of a few samples is itself uncertain: never under what that many samples could at best show.
    const width = Math.max(relativeWidth(cell), n < FEW ? 0.5 / Math.sqrt(n) : 0);
    if (width > ENOUGH_WIDTH && width > worst) {
      worst = width;
      widest = cell;
    }
  }
  return widest;
}

/** Names the sweep that a cell belongs to: its key without the batch. */
export const sweepId = (key: CellKey): string => cellId({ ...key, batch: 0 });
