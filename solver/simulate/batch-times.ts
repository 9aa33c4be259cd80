import { interpolate } from '../dispatch/interpolate.ts';
import { MIN_SAMPLES, nearestRank, sortedNumbers } from '../math/statistics.ts';

/** The measured batches of one number of items. */
export interface MeasuredBatches {
  readonly items: number;
  readonly timesMs: readonly number[];
  /** Total size of each batch's items, in the order of `timesMs`; absent: not known. */
  readonly sizes?: readonly number[] | undefined;
}

/**
 * Times of batches as they were measured. Where the sizes of the items are known, larger items take longer by a line that is fitted
 * to the measured batches, so that a long request is long in each of its stages. Batches of one size differ as the
 * measured ones differ from the line.
 */
export class BatchTimes {
  /** In rising order of items. */
  readonly #lines: readonly Line[];
  readonly #items: readonly number[];

  /** @param measured at least one */
  constructor(measured: readonly MeasuredBatches[]) {
    this.#items = [...new Set(measured.map(({ items }) => items))].sort((a, b) => a - b);
    this.#lines = this.#items.map((items) => lineOf(measured.filter((batches) => batches.items === items)));
  }

  /** Median time of the smallest batches. */
  get smallestMs(): number {
    return nearestRank(this.#lines[0]!.timesMs, 50);
  }

  /**
   * How slow a measured batch was among the batches of as many items. If that number was not measured, the next larger one counts,
   * or the largest.
   * @param sample its place in the order in which they were measured; after the last one comes the first
   * @returns the quantile of its time
   */
  quantileOf(sample: number, items: number): number {
    const larger = this.#items.findIndex((measured) => measured >= items);
    const { quantiles } = this.#lines.at(larger)!;
    return quantiles[sample % quantiles.length]!;
  }

  /**
   * The time of a batch whose number of items was measured; else that of the two neighbouring numbers at the same quantile: a slow
   * batch of 3 lies between slow batches of 2 and 4.
   * @param quantile from 0 to 1
   * @param size total size of the items; undefined: as batches were measured, of small and of large items
   */
  atMs(items: number, quantile: number, size: number | undefined): number {
    const timeMs = (i: number) => lineAt(this.#lines[i]!, quantile, size, this.#items[i]! / items);
    return interpolate(this.#items, timeMs, items);
  }
}

/** How the time of a batch of one number of items follows from its size. */
interface Line {
  /** The times, rising. */
  readonly timesMs: Float64Array;
  /** How much longer a batch takes for one more unit of size; 0: the sizes are not known, or do not matter. */
  readonly msPerUnit: number;
  /** What is left of each time without its size's part, rising. */
  readonly restMs: Float64Array;
  /** The quantile of each rest, in the order in which the batches were measured. */
  readonly quantiles: Float64Array;
}

function lineOf(batches: readonly MeasuredBatches[]): Line {
  const times = batches.flatMap(({ timesMs }) => timesMs);
  const sizes = batches.flatMap((entry) => entry.sizes ?? []);
  const msPerUnit = sizes.length === times.length ? slopeOf(sizes, times) : 0;
  const restMs = times.map((ms, i) => ms - msPerUnit * (sizes[i] ?? 0));
  const rising = Uint32Array.from(restMs, (_, i) => i).sort((a, b) => restMs[a]! - restMs[b]!);
  const quantiles = new Float64Array(restMs.length);
  for (const [rank, i] of rising.entries()) quantiles[i] = (rank + 0.5) / restMs.length;
  const sortedRestMs = Float64Array.from(rising, (i) => restMs[i]!);
  return { timesMs: sortedNumbers(times), msPerUnit, restMs: sortedRestMs, quantiles };
}

/** @param scale number of items of the line's batches for each item of `size` */
function lineAt(
  { timesMs, msPerUnit, restMs }: Line,
  quantile: number,
  size: number | undefined,
  scale: number,
): number {
  const at = Math.floor(quantile * timesMs.length);
  if (size === undefined) return timesMs[at]!;
  return Math.max(timesMs[0]!, restMs[at]! + msPerUnit * scale * size);
}

/**
 * The slope of times over sizes: in order of their sizes, each batch of the smaller half and one of the larger half give a slope, and
 * the median of these counts, weighted by how far the two sizes are apart. A few batches that were disturbed do not tilt it (after
 * Theil). 0 if there are too few batches.
 */
function slopeOf(sizes: readonly number[], times: readonly number[]): number {
  if (sizes.length < MIN_SAMPLES.p95) return 0;
  const order = sizes.map((_, i) => i).sort((a, b) => sizes[a]! - sizes[b]!);
  const pairs = order.slice(Math.ceil(order.length / 2)).flatMap((large, i) => {
    const small = order[i]!;
    const apart = sizes[large]! - sizes[small]!;
    return apart > 0 ? [{ apart, slope: (times[large]! - times[small]!) / apart }] : [];
  });
  pairs.sort((a, b) => a.slope - b.slope);
  let left = pairs.reduce((sum, { apart }) => sum + apart, 0) / 2;
  const middle = pairs.find(({ apart }) => {
    left -= apart;
    return left <= 0;
  });
  return Math.max(0, middle?.slope ?? 0);
}
