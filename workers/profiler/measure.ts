import { type Item, takeInTurn } from '../../models/items/item-batch.ts';
import { numbersOf, type Tensor } from '../../models/tasks/tensor.ts';
import type { CellFlag, CellKey, MeasuredCell } from '../../solver/documents/profile.ts';
import { MIN_SAMPLES, median, summaryOf } from '../../solver/math/statistics.ts';
import type { StageWorker } from '../stage/stage-worker.ts';

/** Times of one batch through a stage worker. `handlingMs` is the round trip without inference: encode, decode, transfer. */
export interface Sample {
  readonly inferenceMs: number;
  readonly handlingMs: number;
}

export type RunBatch = () => Promise<Sample>;

/** Makes a function that runs the next `batch` items at each call. @param key names the loaded variant in the worker */
export function batchRunner(
  worker: StageWorker,
  key: string,
  items: readonly Item[],
  batch: number,
): RunBatch {
  let next = 0;
  return async () => {
    const start = performance.now();
    const taken = takeInTurn(items, next, batch);
    next += batch;
    const { inferenceMs } = await worker.run(key, taken);
    return { inferenceMs, handlingMs: Math.max(0, performance.now() - start - inferenceMs) };
  };
}

/** Two windows of runs agree when their medians differ by at most this share. */
const AGREE = 0.1;
const MAX_WINDOWS = 6;
/** A window has 1 to 10 runs, which take about this time together. */
const WINDOW_MS = 40;

const latency = ({ inferenceMs, handlingMs }: Sample): number => inferenceMs + handlingMs;

/** Runs batches until two windows in a row agree. @returns the number of runs, and whether the windows came to agree */
export async function warmUp(run: RunBatch): Promise<{ runs: number; warm: boolean }> {
  let runs = 0;
  let previous = Number.NaN;
  let size = 1;
  for (let window = 0; window < MAX_WINDOWS; window++) {
    const times: number[] = [];
    for (let i = 0; i < size; i++) times.push(latency(await run()));
    runs += size;
    const now = median(times);
    if (Math.abs(now - previous) <= AGREE * Math.max(now, previous)) return { runs, warm: true };
    previous = now;
    size = Math.min(10, Math.max(1, Math.round(WINDOW_MS / now)));
  }
  return { runs, warm: false };
}

/** A cell gets at least this many samples. */
const MIN_RUNS = 5;
/** One call collects at most this many samples, because they suffice for a p99. */
const MAX_RUNS = MIN_SAMPLES.p99;

/** Collects samples for `timeMs`: at least `atLeast` samples, and at most {@link MAX_RUNS}. */
export async function sample(run: RunBatch, timeMs: number, atLeast = MIN_RUNS): Promise<Sample[]> {
  const samples: Sample[] = [];
  let spent = 0;
  while (samples.length < atLeast || (spent < timeMs && samples.length < MAX_RUNS)) {
    const one = await run();
    samples.push(one);
    spent += latency(one);
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

/** A median below this many steps of the timer is flagged, because the timer is too coarse for it. */
const MIN_GRAINS = 20;

/** The facts of a measured cell other than its samples. */
export interface CellFacts {
  readonly key: CellKey;
  readonly cold: MeasuredCell['cold'];
  readonly warmupRuns: number;
  readonly outputs: MeasuredCell['outputs'];
  readonly timerGrainMs: number;
  /** Flags that do not depend on the samples. */
  readonly flags: readonly CellFlag[];
}

/** Makes a cell of the profile from its samples. */
export function measuredCell(facts: CellFacts, samples: readonly Sample[]): MeasuredCell {
  const inferenceMs = samples.map((s) => s.inferenceMs);
  const latencyMs = summaryOf(samples.map(latency));
  const flags = new Set(facts.flags);
  if (median(inferenceMs) < MIN_GRAINS * facts.timerGrainMs) flags.add('timer-grain');
  if (samples.length < MIN_SAMPLES.p95) flags.add('few-samples');
  if (!facts.outputs.agree) flags.add('output-mismatch');
  return {
    ...facts.key,
    state: 'measured',
    cold: facts.cold,
    warmupRuns: facts.warmupRuns,
    inferenceMs,
    handlingMs: samples.map((s) => s.handlingMs),
    latencyMs,
    outputs: facts.outputs,
    flags: [...flags],
  };
}

export function extendCell(
  cell: MeasuredCell,
  samples: readonly Sample[],
  timerGrainMs: number,
): MeasuredCell {
  const { state: _, cold, warmupRuns, inferenceMs, handlingMs, latencyMs: __, outputs, flags, ...key } = cell;
  const all = inferenceMs.map((ms, i) => ({ inferenceMs: ms, handlingMs: handlingMs[i]! }));
  const kept = flags.filter((flag) => flag !== 'few-samples' && flag !== 'timer-grain');
  return measuredCell({ key, cold, warmupRuns, outputs, timerGrainMs, flags: kept }, [...all, ...samples]);
}
