import { type Item, takeInTurn } from '../../models/items/item-batch.ts';
import { numbersOf, type Tensor } from '../../models/tasks/tensor.ts';
import type { CellFlag, CellKey, MeasuredCell } from '../../solver/documents/profile.ts';
import { MIN_SAMPLES, median, summaryOf } from '../../solver/math/statistics.ts';
import type { StageWorker } from '../stage/stage-worker.ts';

/** One run through the stage worker, whole round trip. */
export interface Sample {
  readonly inferenceMs: number;
  readonly handlingMs: number;
}

/** Runs one batch of a loaded session; where the batch comes from is the caller's. */
export type RunBatch = () => Promise<Sample>;

/** Runs batches of `batch` items, taken in turn from `items`, through a session of `worker`. */
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

/** Two windows agree when their medians differ by at most this share. */
const AGREE = 0.1;
const MAX_WINDOWS = 6;
/** A window holds runs of about this long together, 1 to 10 of them. */
const WINDOW_MS = 40;

const latency = ({ inferenceMs, handlingMs }: Sample): number => inferenceMs + handlingMs;

/** Runs windows of batches until two in a row agree. `warm` is false where they never did. */
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

/** Fewest samples of a cell. */
const MIN_RUNS = 5;
/** Samples of a first look, however fast the cell: enough for a p99. */
const MAX_RUNS = MIN_SAMPLES.p99;

/** Samples for `timeMs`, at least {@link MIN_RUNS} unless `atLeast` says less, at most {@link MAX_RUNS}. */
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

/** Largest difference, relative to the largest reference value (at least 1), of outputs that count as equal. */
const TOLERANCE = 1e-3;

/** Compares raw outputs with the reference backend's on the same items. */
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

/** Medians under this many steps of the timer are flagged. */
const MIN_GRAINS = 20;

/** What the profiler knows of a cell besides its samples. */
export interface CellFacts {
  readonly key: CellKey;
  readonly cold: MeasuredCell['cold'];
  readonly warmupRuns: number;
  readonly outputs: MeasuredCell['outputs'];
  readonly timerGrainMs: number;
  /** Flags that the samples do not tell. */
  readonly flags: readonly CellFlag[];
}

/** The document's cell of these samples. */
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

/** A cell with more samples of the same session. */
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
