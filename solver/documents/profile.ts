import { z } from 'zod';
import {
  accuracy,
  type Backend,
  backend,
  count,
  cpuBackend,
  device,
  expectDistinct,
  gpuBackend,
  isoDate,
  milliseconds,
  name,
  positiveCount,
  sha256,
} from './common.ts';
import { parseDocument } from './document.ts';

export const PROFILE = 'ipa-edge/profile@1';

/** Why a measurement needs care. */
export const cellFlag = z.enum([
  'software-adapter', // the GPU adapter is software
  'hidden-page', // the page was hidden while it was measured
  'drift', // the reference cell's time had changed since the start
  'timer-grain', // the median is under 20 steps of the timer
  'cpu-fallback', // some nodes of the model ran on the CPU
  'output-mismatch', // outputs differ from the reference backend's: the cell is never planned with
  'few-samples', // under 20, so there is no p95
  'not-warm', // warm-up reached its limit before two windows agreed
  'published', // samples of a log-normal with a published mean and p99
  'reconstructed', // the same, where the mean or p99 was derived from other published figures
]);
export type CellFlag = z.infer<typeof cellFlag>;

/** The key of a cell, which is the unit that is measured, journalled and resumed. */
export const cellKey = z.strictObject({
  stage: name,
  variant: name,
  backend,
  /** Threads of the session; 1 on a GPU. */
  threads: positiveCount,
  batch: positiveCount,
});
export type CellKey = z.infer<typeof cellKey>;

/** Statistics of latencies. Percentiles are nearest-rank; null where there are too few samples. */
export const summary = z.strictObject({
  n: positiveCount,
  mean: milliseconds,
  p50: milliseconds,
  /** 95 % confidence interval of the median, by order statistics. */
  p50Low: milliseconds,
  p50High: milliseconds,
  p95: milliseconds.nullable(),
  p99: milliseconds.nullable(),
  max: milliseconds,
});
export type Summary = z.infer<typeof summary>;

export const measuredCell = cellKey.extend({
  state: z.literal('measured'),
  cold: z.strictObject({
    /** Reading and checking the model's file: once per session, so equal for all batch sizes. */
    loadMs: milliseconds,
    /** `InferenceSession.create`: once per session. */
    createMs: milliseconds,
    /** The first run at this batch size, which compiles shaders. */
    firstRunMs: milliseconds,
  }),
  warmupRuns: count,
  /** Of each run, in order: from the input tensors to readable outputs. */
  inferenceMs: z.array(milliseconds).min(1).max(100_000),
  /** Of each run, in order: the rest of the round trip through the stage worker (decoding, cropping, messages). */
  handlingMs: z.array(milliseconds).min(1).max(100_000),
  /** Of round trips: inference and handling together. */
  latencyMs: summary,
  /** Comparison with the reference backend (`wasm` or `cpu`) on fixed inputs. */
  outputs: z.strictObject({ maxAbsError: z.number().nonnegative(), agree: z.boolean() }),
  flags: z.array(cellFlag),
});
export type MeasuredCell = z.infer<typeof measuredCell>;

export const skippedCell = cellKey.extend({
  state: z.literal('skipped'),
  reason: z.enum(['breaks-sla', 'no-more-items-per-second', 'out-of-memory', 'budget']),
});

export const failedCell = cellKey.extend({ state: z.literal('failed'), error: z.string().max(2000) });

export const cell = z.discriminatedUnion('state', [measuredCell, skippedCell, failedCell]);
export type Cell = z.infer<typeof cell>;

export const profileVariant = z.strictObject({
  name,
  sha256,
  sizeBytes: positiveCount,
  accuracy: z
    .strictObject({
      /** From the manifest; null where it has none. */
      published: accuracy.nullable(),
      /** On this device, with the labelled pack; null without a pack. */
      measured: z.strictObject({ value: accuracy, n: positiveCount }).nullable(),
    })
    .refine(({ published, measured }) => published !== null || measured !== null, {
      message: 'expected an accuracy that was published, measured or both',
    }),
});

/** The accuracy to plan with: measured, else published. */
export const accuracyOf = ({ accuracy: { measured, published } }: z.infer<typeof profileVariant>): number =>
  measured?.value ?? published!;

export const profileStage = z.strictObject({
  name,
  task: name,
  metric: z.string().max(60),
  variants: z.array(profileVariant).min(1),
});

/**
 * How many items a stage gets per request, after certain upstream variants. `counts[i]` is of scene i of the pack, so that the
 * counts of several stages stay correlated.
 */
export const fanOut = z.strictObject({
  stage: name,
  /** The variant of each upstream stage; empty for the first stage. */
  upstream: z.record(name, name),
  counts: z.array(count).min(1),
});
export type FanOut = z.infer<typeof fanOut>;

/** Accuracy of the whole pipeline with one choice of variants, measured on the labelled pack. */
export const endToEnd = z.strictObject({
  variants: z.record(name, name),
  metric: z.string().max(60),
  value: accuracy,
  n: positiveCount,
  /** For each scene: truths that were found, answers without a truth, truths that were missed. */
  counts: z.array(z.tuple([count, count, count])).min(1),
});
export type EndToEnd = z.infer<typeof endToEnd>;

/**
 * How much longer batches on a CPU take while another worker of the same backend and threads is busy: the quantiles of two
 * workers (of the first and the last stage) run together, less those of each alone. It is a time, not a ratio, because a
 * worker waits for its turn on a core, however long its batch is.
 */
export const cpuCoRun = z.strictObject({
  backend: cpuBackend,
  threads: positiveCount,
  /** Samples of the worker that has fewer. */
  n: positiveCount,
  /** In rising order of percentiles. */
  delays: z.array(z.strictObject({ percentile: z.number().min(0).max(100), delayMs: milliseconds })).min(1),
});
export type CpuCoRun = z.infer<typeof cpuCoRun>;

/**
 * How many times longer batches on a GPU take while another worker is busy. It is a ratio, because two workers, each with a
 * device of its own, share the GPU's time in slices.
 */
export const gpuCoRun = z.strictObject({
  backend: gpuBackend,
  threads: z.literal(1),
  n: positiveCount,
  /**
   * For each round, how many times longer than in one worker for both stages a batch takes while both workers are busy: 2 where
   * they only take turns, 1 where they do not disturb each other. Two workers get 2 ÷ it times as many batches done.
   */
  slowDowns: z.array(z.number().positive()).min(1),
});
export type GpuCoRun = z.infer<typeof gpuCoRun>;

export const coRun = z.discriminatedUnion('backend', [cpuCoRun, gpuCoRun]);
export type CoRun = z.infer<typeof coRun>;

export const profileSchema = z
  .strictObject({
    schema: z.literal(PROFILE),
    createdAt: isoDate,
    pipeline: name,
    device,
    settings: z.strictObject({
      seed: z.int(),
      budgetS: z.number().positive(),
      batches: z.array(positiveCount).min(1),
      /** Batch sizes above one that takes longer were not measured; null: the SLA by IPA's rule, for each backend. */
      slaMs: milliseconds.nullable(),
    }),
    stages: z.array(profileStage).min(1).max(32),
    cells: z.array(cell),
    fanOut: z.array(fanOut),
    endToEnd: z.array(endToEnd),
    /** Empty for one stage, or where two workers do not fit. Older profiles have none of a GPU. */
    coRun: z.array(coRun),
  })
  .superRefine((profile, context) => {
    const names = profile.stages.map((stage) => stage.name);
    expectDistinct(context, names, (i) => ['stages', i, 'name'], 'stage names');
    profile.cells.forEach((entry, i) => {
      const stage = profile.stages.find((s) => s.name === entry.stage);
      if (!stage?.variants.some((v) => v.name === entry.variant))
        context.addIssue({
          code: 'custom',
          path: ['cells', i],
          message: 'expected a stage and variant of this profile',
        });
      if (entry.state === 'measured' && entry.inferenceMs.length !== entry.handlingMs.length)
        context.addIssue({
          code: 'custom',
          path: ['cells', i, 'handlingMs'],
          message: 'expected one per inferenceMs',
        });
    });
  });
export type Profile = z.infer<typeof profileSchema>;

/**
 * A profile that was checked when it entered this process, with what names it: plans say from which profile they were made.
 * Behind that door nobody checks or hashes it again.
 */
export interface IdentifiedProfile {
  readonly profile: Profile;
  /** SHA-256 of the profile's canonical JSON. */
  readonly sha256: string;
}

/** @throws InvalidDocumentError, UnsupportedDocumentError */
export const parseProfile = (value: unknown, source: string): Profile =>
  parseDocument(profileSchema, value, source, PROFILE);

/** All backends that a profile measured. */
export const backendsOf = ({ cells }: Pick<Profile, 'cells'>): Backend[] => [
  ...new Set(cells.map(({ backend }) => backend)),
];

/** A cell's key as text. */
export const cellId = (key: CellKey): string =>
  `${key.stage}/${key.variant}/${key.backend}/${key.threads}/${key.batch}`;
