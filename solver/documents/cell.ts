import { z } from 'zod';
import { backend, count, milliseconds, name, positiveCount } from './common.ts';

/** A reason why a measurement needs care, or its origin. */
export const cellFlag = z.enum([
  'software-adapter', // the GPU adapter is software
  'hidden-page', // the page was hidden during the measurement
  'drift', // the worker's first cell, run again now and then, had become slower or faster
  'timer-grain', // the median is shorter than 20 steps of the timer
  'cpu-fallback', // some nodes of the model ran on the CPU
  'output-mismatch', // outputs differ from the reference backend's, so the planner never uses the cell
  'few-samples', // fewer than 20 samples, so there is no p95
  'not-warm', // warm-up reached its limit before two successive windows of runs took about equally long
  'published', // samples are quantiles of a log-normal distribution with a published mean and p99
  'reconstructed', // as `published`, but the mean or p99 was derived from other published figures
]);
export type CellFlag = z.infer<typeof cellFlag>;

/**
 * The key of a cell: a variant on a backend, with a number of threads and a batch size. The profiler measures cell by cell, and
 * after an interruption resumes with the cells that it lacks.
 */
export const cellKey = z.strictObject({
  stage: name,
  variant: name,
  backend,
  /** Threads of the session; 1 on a GPU. */
  threads: positiveCount,
  batch: positiveCount,
});
export type CellKey = z.infer<typeof cellKey>;

/** Statistics of latencies. Percentiles are nearest-rank; null if there are too few samples. */
const summary = z.strictObject({
  n: positiveCount,
  mean: milliseconds,
  p50: milliseconds,
  /** Ends of the 95 % confidence interval of the median, by order statistics. */
  p50Low: milliseconds,
  p50High: milliseconds,
  p95: milliseconds.nullable(),
  p99: milliseconds.nullable(),
  max: milliseconds,
});
export type Summary = z.infer<typeof summary>;

const measuredCell = cellKey.extend({
  state: z.literal('measured'),
  cold: z.strictObject({
    /** Time to read and check the model files. Batch sizes have the same value unless their session was reopened between them. */
    loadMs: milliseconds,
    /** Time of `InferenceSession.create`; it is shared by batch sizes as `loadMs` is. */
    createMs: milliseconds,
    /** Time of the first run at this batch size, which compiles shaders. */
    firstRunMs: milliseconds,
  }),
  warmupRuns: count,
  /** Inference time of each run, in order: from the input tensors to readable outputs. */
  inferenceMs: z.array(milliseconds).min(1).max(100_000),
  /** Handling time of each run, in order: the rest of the round trip to the stage worker (decoding, cropping, messages). */
  handlingMs: z.array(milliseconds).min(1).max(100_000),
  /** Total size of each run's items, in order, in the stage's `sizeUnit`. Absent in older profiles. */
  sizes: z.array(z.number().nonnegative()).optional(),
  /** Number of a decoder's steps in each run. Absent if there is only one kind of session run. */
  steps: z.array(count).optional(),
  /** The part of `inferenceMs` that each kind of session run took, e.g. `encoder`. Absent if there is only one kind. */
  runsMs: z.record(name, z.array(milliseconds)).optional(),
  /** Statistics of the runs' round-trip times: inference and handling together. */
  latencyMs: summary,
  /** Difference between this cell's outputs and the reference backend's (`wasm` or `cpu`) on fixed inputs. */
  outputs: z.strictObject({ maxAbsError: z.number().nonnegative(), agree: z.boolean() }),
  flags: z.array(cellFlag),
});
export type MeasuredCell = z.infer<typeof measuredCell>;

const skippedCell = cellKey.extend({
  state: z.literal('skipped'),
  reason: z.enum(['breaks-sla', 'no-more-items-per-second', 'out-of-memory', 'budget']),
});

const failedCell = cellKey.extend({ state: z.literal('failed'), error: z.string().max(2000) });

/** Why a cell failed, on one line: errors of ONNX Runtime have several. */
export const failureOf = ({ error }: z.infer<typeof failedCell>): string => error.replace(/\s+/g, ' ');

export const cell = z.discriminatedUnion('state', [measuredCell, skippedCell, failedCell]);
export type Cell = z.infer<typeof cell>;

/** The round-trip times of a cell's batches, in the order of its runs. */
export const roundTripsMs = ({ inferenceMs, handlingMs }: MeasuredCell): number[] =>
  inferenceMs.map((ms, run) => ms + handlingMs[run]!);

/** The kinds of session runs in measured cells, e.g. `encoder`; none if each batch is answered in one run. */
export const runNames = (cells: readonly Cell[]): string[] => [
  ...new Set(cells.flatMap((cell) => (cell.state === 'measured' ? Object.keys(cell.runsMs ?? {}) : []))),
];

/** For each variant, backend and thread count, the cell with the smallest batch that was measured. */
export function smallestBatches(cells: readonly Cell[]): MeasuredCell[] {
  const smallest = new Map<string, MeasuredCell>();
  for (const cell of cells) {
    if (cell.state !== 'measured') continue;
    const id = sweepId(cell);
    if (cell.batch < (smallest.get(id)?.batch ?? Number.POSITIVE_INFINITY)) smallest.set(id, cell);
  }
  return [...smallest.values()];
}

export const keyOf = ({ stage, variant, backend, threads, batch }: CellKey): CellKey => ({
  stage,
  variant,
  backend,
  threads,
  batch,
});

/** A cell's key as text. */
export const cellId = (key: CellKey): string =>
  `${key.stage}/${key.variant}/${key.backend}/${key.threads}/${key.batch}`;

/** A cell's key without the batch, as text. Cells of the same sweep over the batch sizes have the same one. */
export const sweepId = (key: CellKey): string => cellId({ ...key, batch: 0 });
