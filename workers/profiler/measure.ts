import { batchOf, type Item } from '../../models/items/item-batch.ts';
import { numbersOf, type Tensor } from '../../models/tasks/tensor.ts';
import type { MeasuredCell } from '../../solver/documents/cell.ts';
import { MIN_SAMPLES, median } from '../../solver/math/statistics.ts';
import type { MeasuredRun } from '../stage/protocol.ts';
import type { StageWorker } from '../stage/stage-worker.ts';

/** One batch through a stage worker. `handlingMs` is the round trip without inference: encode, decode, transfer. */
export interface Sample {
  readonly inferenceMs: number;
  readonly handlingMs: number;
  /** Facts of the batch; absent in a sample that an older version measured. */
  readonly batch?: Pick<MeasuredRun, 'size' | 'steps' | 'runsMs'>;
}

/** Time of a whole round trip. */
export const latencyOf = ({ inferenceMs, handlingMs }: Sample): number => inferenceMs + handlingMs;

export type RunBatch = () => Promise<Sample>;

/**
 * Makes a function that runs one batch at each call.
 * @param key names the loaded variant in the worker
 * @param next gives the items of each call's batch
 */
export function batchRunner(worker: StageWorker, key: string, next: () => readonly Item[]): RunBatch {
  return async () => {
    const items = next();
    const start = performance.now();
    const { inferenceMs, size, steps, runsMs } = await worker.run(key, batchOf(items));
    const handlingMs = Math.max(0, performance.now() - start - inferenceMs);
    return { inferenceMs, handlingMs, batch: { size, steps, runsMs } };
  };
}

/** Two windows of runs agree when their medians differ by at most this share. */
const AGREE = 0.1;
const MAX_WINDOWS = 6;
/** A window has 1 to 10 runs, which take about this time together. */
const WINDOW_MS = 40;

/**
 * Runs a batch until two windows in a row agree.
 * @param run runs the same items at each call, so that windows do not differ by the sizes of items
 * @returns the number of runs, and whether the windows came to agree
 */
export async function warmUp(run: RunBatch): Promise<{ runs: number; warm: boolean }> {
  let runs = 0;
  let previous = Number.NaN;
  let size = 1;
  for (let window = 0; window < MAX_WINDOWS; window++) {
    const times: number[] = [];
    for (let i = 0; i < size; i++) times.push(latencyOf(await run()));
    runs += size;
    const now = median(times);
    if (Math.abs(now - previous) <= AGREE * Math.max(now, previous)) return { runs, warm: true };
    previous = now;
    size = Math.min(10, Math.max(1, Math.round(WINDOW_MS / now)));
  }
  return { runs, warm: false };
}

/** A cell gets at least this many samples. */
export const MIN_RUNS = 5;
/** One call collects at most this many samples, because they suffice for a p99. */
export const MAX_RUNS = MIN_SAMPLES.p99;

/** Collects samples for `timeMs`: at least `atLeast` samples, and at most {@link MAX_RUNS}. */
export async function sample(run: RunBatch, timeMs: number, atLeast = MIN_RUNS): Promise<Sample[]> {
  const samples: Sample[] = [];
  let spent = 0;
  while (samples.length < atLeast || (spent < timeMs && samples.length < MAX_RUNS)) {
    const one = await run();
    samples.push(one);
    spent += latencyOf(one);
  }
  return samples;
}

/** Outputs agree when they differ by at most this share of the largest reference value, or of 1 if that is larger. */
const TOLERANCE = 1e-3;

/** Compares raw outputs with those of the reference backend for the same items. */
export function compareOutputs(
  outputs: readonly Tensor[],
  reference: readonly Tensor[],
): MeasuredCell['outputs'] {
  let maxAbsError = 0;
  let scale = 1;
  for (const [t, expected] of reference.entries()) {
    const wanted = numbersOf(expected);
    const found = outputs[t] ? numbersOf(outputs[t]) : [];
    if (found.length !== wanted.length) return { maxAbsError: Number.MAX_VALUE, agree: false };
    for (let i = 0; i < wanted.length; i++) {
      const difference = Math.abs(found[i]! - wanted[i]!);
      if (Number.isNaN(difference)) return { maxAbsError: Number.MAX_VALUE, agree: false };
      maxAbsError = Math.max(maxAbsError, difference);
      scale = Math.max(scale, Math.abs(wanted[i]!));
    }
  }
  return { maxAbsError, agree: maxAbsError <= TOLERANCE * scale };
}
