import { interpolate } from '../dispatch/interpolate.ts';
import { nearestRank, samplesMin, sortedNumbers } from '../math/statistics.ts';

/** The measured batches of one number of items. */
export interface MeasuredBatches {
  readonly items: number;
  readonly timesMs: readonly number[];
  /** Total size of each batch's items, in the order of `timesMs`; absent: not known. */
  readonly sizes?: readonly number[] | undefined;
}

/**
 * Gives the times of simulated batches from measured ones. If the sizes of the items are known, the time follows a line over the
 * size that is fitted to the measured batches, so that a large request is slow in each of its stages. Batches of the same size
 * vary as the measured ones deviate from the line.
 */
export class BatchTimes {
  /** One line for each measured number of items, in rising order. */
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
   * How slow a measured batch was among the measured batches with this number of items, beyond the effect of its size. If no
   * batch with this number was measured, the next larger measured number counts, or else the largest.
   * @param sample index of the batch in the order of measurement, modulo the number of batches
   * @returns the quantile of the batch's time, between 0 and 1
   */
  quantileOf(sample: number, items: number): number {
    const larger = this.#items.findIndex((measured) => measured >= items);
    const { quantiles } = this.#lines.at(larger)!;
    return quantiles[sample % quantiles.length]!;
  }

  /**
   * The time of a batch at a quantile. If its number of items was not measured, the time is interpolated between the neighbouring
   * measured numbers at the same quantile: a slow batch of 3 lies between slow batches of 2 and 4.
   * @param quantile at least 0 and below 1
   * @param size total size of the items; undefined: the quantile is among the times of measured batches of all sizes
   */
  atMs(items: number, quantile: number, size: number | undefined): number {
    return interpolate(
      this.#items,
      (i) => lineAt(this.#lines[i]!, quantile, size, this.#items[i]! / items),
      items,
    );
  }
}

/** The fitted line of the batches with one number of items: time over total size. */
interface Line {
  /** The times, rising. */
  readonly timesMs: Float64Array;
  /** The slope: extra time per unit of size; 0 if the sizes are not known or do not matter. */
  readonly msPerUnit: number;
  /** Each time minus the part that the size explains, rising. */
  readonly restMs: Float64Array;
  /** The quantile of each batch's rest among `restMs`, in the order in which the batches were measured. */
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

/** @param scale number of items of the line's batches ÷ number of items that have the total `size` */
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
 * The slope of times over sizes. In order of size, the i-th batch of the smaller half and the i-th of the larger half give one
 * slope. The result is the median of these slopes, weighted by the distance of the two sizes, which a few disturbed batches do
 * not change much (after Theil). 0 if the batches are too few or the median is negative.
 */
function slopeOf(sizes: readonly number[], times: readonly number[]): number {
  if (sizes.length < samplesMin(95)) return 0;
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
