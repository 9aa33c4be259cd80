import { batchOf, type Item } from '../../models/items/item-batch.ts';
import { numbersOf, type Tensor } from '../../models/tasks/tensor.ts';
import type { MeasuredCell } from '../../solver/documents/cell.ts';
import type { Dtype } from '../../solver/documents/manifest.ts';
import { samplesMin } from '../../solver/math/statistics.ts';
import type { MeasuredRun } from '../stage/protocol.ts';
import { type Settled, type SettleLimits, settle } from '../stage/settle.ts';
import type { StageWorker } from '../stage/stage-worker.ts';

/** The times of one batch through a stage worker. `handlingMs` is the round trip without inference: encode, decode, transfer. */
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

const WARM: SettleLimits = {
  windowMs: 40,
  runsMost: 10,
  windowsMost: 6,
  mostMs: Number.POSITIVE_INFINITY,
};

/**
 * Runs a batch until its times settle.
 * @param run runs the same items at each call, so that windows do not differ by the sizes of items
 */
export const warmUp = (run: RunBatch): Promise<Settled> => settle(async () => latencyOf(await run()), WARM);

/** A cell gets at least this many samples. */
export const RUNS_MIN = 5;
/** One call collects at most this many samples, because they suffice for a p99. */
export const RUNS_MAX = samplesMin(99);

/** Collects samples for `timeMs`: at least `atLeast` samples, and at most {@link RUNS_MAX}. */
export async function sample(run: RunBatch, timeMs: number, atLeast = RUNS_MIN): Promise<Sample[]> {
  const samples: Sample[] = [];
  let spent = 0;
  while (samples.length < atLeast || (spent < timeMs && samples.length < RUNS_MAX)) {
    const one = await run();
    samples.push(one);
    spent += latencyOf(one);
  }
  return samples;
}

/** Outputs of a float32 model agree when they differ by at most this share of the largest reference value, or of 1 if larger. */
const TOLERANCE = 1e-3;
/** The same for float16 weights. A backend that computes in float16 rounds each value to 11 bits, layer after layer. */
const HALF_TOLERANCE = 0.03;
/**
 * The same for integer weights. Backends also round the activations, each in its own way: between ONNX Runtime's backends for Node
 * and for wasm, the logits of Moonshine tiny (q8) differ by up to 0.06 of the largest, and the model transcribes well on both.
 */
const QUANTISED_TOLERANCE = 0.15;

const TOLERANCES: Partial<Record<Dtype, number>> = { fp32: TOLERANCE, fp16: HALF_TOLERANCE };

/**
 * Compares raw outputs with those of the reference backend for the same items.
 * @param dtypes data types of the weights of the variant's models; the one with the largest tolerance counts
 */
export function compareOutputs(
  outputs: readonly Tensor[],
  reference: readonly Tensor[],
  dtypes: readonly Dtype[],
): MeasuredCell['outputs'] {
  const tolerance = Math.max(...dtypes.map((dtype) => TOLERANCES[dtype] ?? QUANTISED_TOLERANCE));
  let maxAbsError = 0;
  let scale = 1;
  for (const [t, expected] of reference.entries()) {
    const wanted = numbersOf(expected);
    const found = outputs[t] ? numbersOf(outputs[t]) : [];
    if (found.length !== wanted.length) return { maxAbsError: Number.MAX_VALUE, agree: false };
    for (let i = 0; i < wanted.length; i++) {
      // Equal infinities agree, though their difference is NaN.
      const difference = found[i] === wanted[i] ? 0 : Math.abs(found[i]! - wanted[i]!);
      // The profile is JSON, which has neither NaN nor infinity, so the largest number stands for both.
      if (!Number.isFinite(difference)) return { maxAbsError: Number.MAX_VALUE, agree: false };
      maxAbsError = Math.max(maxAbsError, difference);
      if (Number.isFinite(wanted[i])) scale = Math.max(scale, Math.abs(wanted[i]!));
    }
  }
  return { maxAbsError, agree: maxAbsError <= tolerance * scale };
}
