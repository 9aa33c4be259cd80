import { type CellKey, cellId, type MeasuredCell } from '../../solver/documents/cell.ts';

/** The first pass over all cells may take this share of the budget. The rest narrows the widest confidence intervals. */
export const FIRST_PASS_SHARE = 0.5;
/** Time for more samples of one cell, before the next cell is chosen. */
export const REFINE_MS = 500;

/** One point of a variant's sweep over the batch sizes: a batch size and the median latency of a whole batch. */
export interface SweepPoint {
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

/** Width of the confidence interval of the median latency, relative to the median. */
const relativeWidth = ({ latencyMs }: Pick<MeasuredCell, 'latencyMs'>): number =>
  (latencyMs.p50High - latencyMs.p50Low) / latencyMs.p50;

/** A cell with this many samples gets no more. */
export const ENOUGH_SAMPLES = 400;
/** A cell whose relative width is at most this gets no more samples. */
const ENOUGH_WIDTH = 0.02;

/** A cell with fewer samples gets a minimum relative width, because its confidence interval may be narrow by chance. */
const FEW_SAMPLES = 20;

/** Factor on the width: most intervals narrow more slowly than 1 / √n, because fast and slow latencies come in spells. */
const SPELLS = 1.12;

/** Number of samples that a cell is expected to get from now on: until its interval is narrow, or its samples are many. */
export function samplesToCome(cell: Pick<MeasuredCell, 'latencyMs'>): number {
  const { n } = cell.latencyMs;
  const width = relativeWidth(cell);
  if (width <= ENOUGH_WIDTH) return 0;
  const narrow = n * ((SPELLS * width) / ENOUGH_WIDTH) ** 2;
  return Math.max(0, Math.min(ENOUGH_SAMPLES, narrow) - n);
}

/**
 * Chooses the cell for which more samples help most: the one with the widest confidence interval, among the cells that need
 * samples and whose batch fits in the time left.
 * @returns undefined if no cell needs samples, or no batch fits
 */
export function mostUncertain(cells: readonly MeasuredCell[], timeLeftMs: number): MeasuredCell | undefined {
  let widest: MeasuredCell | undefined;
  let worst = 0;
  for (const cell of cells) {
    const { n, mean } = cell.latencyMs;
    if (mean > timeLeftMs || n >= ENOUGH_SAMPLES) continue;
    // 0.5 / √n is the relative width to expect from n samples.
    const width = Math.max(relativeWidth(cell), n < FEW_SAMPLES ? 0.5 / Math.sqrt(n) : 0);
    if (width > ENOUGH_WIDTH && width > worst) {
      worst = width;
      widest = cell;
    }
  }
  return widest;
}

/** Identifies the sweep of a cell: the cell's key without the batch. */
export const sweepId = (key: CellKey): string => cellId({ ...key, batch: 0 });
