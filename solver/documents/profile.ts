import { z } from 'zod';
import {
  accuracy,
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

/** Why a measured number needs care. */
export const cellFlag = z.enum([
  'software-adapter', // the GPU is a CPU
  'hidden-page', // the page was hidden while it was measured
  'drift', // the reference cell had moved by then
  'timer-grain', // the median is under 20 steps of the timer
  'cpu-fallback', // some nodes ran on the CPU
  'output-mismatch', // outputs differ from the reference backend's; never planned with
  'few-samples', // under 20: no p95
  'not-warm', // warm-up ended by its limit, before two windows agreed
  'published', // samples of a log-normal with a mean and p99 that another published
  'reconstructed', // the same, but the mean or p99 was derived from other published figures
]);
export type CellFlag = z.infer<typeof cellFlag>;

/** What identifies a cell: the unit that is measured, journalled and resumed. */
export const cellKey = z.strictObject({
  stage: name,
  variant: name,
  backend,
  /** Threads of the session: 1 on a GPU. */
  threads: positiveCount,
  batch: positiveCount,
});
export type CellKey = z.infer<typeof cellKey>;

/** Statistics of latencies: nearest-rank percentiles, absent where n is too small to have one. */
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
    /** Read and checked the model's file. Once per session, so equal in every batch of it. */
    loadMs: milliseconds,
    /** `InferenceSession.create`. Once per session. */
    createMs: milliseconds,
    /** First run at this batch: shaders compile here. */
    firstRunMs: milliseconds,
  }),
  warmupRuns: count,
  /** Per run, in order: from input tensors ready to outputs readable. */
  inferenceMs: z.array(milliseconds).min(1).max(100_000),
  /** Per run, in order: the rest of the round trip through the stage worker (decode, crop, hop). */
  handlingMs: z.array(milliseconds).min(1).max(100_000),
  /** Of whole round trips, inference and handling together. */
  latencyMs: summary,
  /** Against the reference backend (`wasm` or `cpu`) on fixed inputs. */
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
      /** What the manifest says; null: nothing. */
      published: accuracy.nullable(),
      /** On this device, on the labelled pack; null where there is none. */
      measured: z.strictObject({ value: accuracy, n: positiveCount }).nullable(),
    })
    .refine(({ published, measured }) => published !== null || measured !== null, {
      message: 'expected an accuracy that was published, measured or both',
    }),
});

/** The accuracy that counts: as measured, else as published. */
export const accuracyOf = ({ accuracy: { measured, published } }: z.infer<typeof profileVariant>): number =>
  measured?.value ?? published!;

export const profileStage = z.strictObject({
  name,
  task: name,
  metric: z.string().max(60),
  variants: z.array(profileVariant).min(1),
});

/**
 * How many items a stage gets per request, under each choice of the variants before it that changes it.
 * `counts[i]` belongs to scene i of the pack, so that stages stay correlated.
 */
export const fanOut = z.strictObject({
  stage: name,
  /** Upstream variant per upstream stage; empty for the first stage. */
  upstream: z.record(name, name),
  counts: z.array(count).min(1),
});
export type FanOut = z.infer<typeof fanOut>;

/** Accuracy of the whole pipeline with one choice of variants, on the labelled pack. */
export const endToEnd = z.strictObject({
  variants: z.record(name, name),
  metric: z.string().max(60),
  value: accuracy,
  n: positiveCount,
  /** Of each scene: truths that were answered rightly, answers without a truth, truths without an answer. */
  counts: z.array(z.tuple([count, count, count])).min(1),
});
export type EndToEnd = z.infer<typeof endToEnd>;

/**
 * How much longer batches take while another worker of the same backend and threads is busy too: two workers, of the first and
 * the last stage, quantile by quantile, together against alone. It is a time and not a ratio: what a worker waits for
 * is its turn on a core, however long its batch.
 */
export const cpuCoRun = z.strictObject({
  backend: cpuBackend,
  threads: positiveCount,
  /** Samples of the worker that had the fewest. */
  n: positiveCount,
  /** Percentiles rise. */
  delays: z.array(z.strictObject({ percentile: z.number().min(0).max(100), delayMs: milliseconds })).min(1),
});
export type CpuCoRun = z.infer<typeof cpuCoRun>;

/**
 * The same on a GPU, where it is a ratio: two workers, each with a device of its own, slice the GPU's time, so each batch takes
 * longer by what the other one takes of it.
 */
export const gpuCoRun = z.strictObject({
  backend: gpuBackend,
  threads: z.literal(1),
  n: positiveCount,
  /**
   * Of each round, how many times longer than in one worker for both stages a batch takes while both workers are busy: 2 where
   * they only take turns; 1 where neither takes what the other needs. Two over it is the gain in batches per second.
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
      /** Batches slower than this were not followed further; null: IPA's rule, per backend. */
      slaMs: milliseconds.nullable(),
    }),
    stages: z.array(profileStage).min(1).max(32),
    cells: z.array(cell),
    fanOut: z.array(fanOut),
    endToEnd: z.array(endToEnd),
    /** Empty where there is one stage, or no room for two workers. Older profiles have none of a GPU. */
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

/** A cell's key as text, equal for equal keys. */
export const cellId = (key: CellKey): string =>
  `${key.stage}/${key.variant}/${key.backend}/${key.threads}/${key.batch}`;
