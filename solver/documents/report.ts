import { z } from 'zod';
import { accuracy, backend, count, device, isoDate, milliseconds, name, positiveCount } from './common.ts';
import { parseDocument } from './document.ts';
import { planSchema, prediction } from './plan.ts';
import { profileSchema } from './profile.ts';

export const REPORT = 'ipa-edge/report@1';

/** How long batches of a stage took in a run, by how many items they held: whole round trips. */
export const service = z.strictObject({
  stage: name,
  backend,
  items: positiveCount,
  samplesMs: z.array(milliseconds).min(1),
});
export type Service = z.infer<typeof service>;

export const requestRecord = z.strictObject({
  /** Scheduled arrival, from the start of the run. */
  arrivalMs: milliseconds,
  /** From the scheduled arrival; null where it did not complete. */
  latencyMs: milliseconds.nullable(),
  outcome: z.enum(['completed', 'shed', 'failed']),
});
export type RequestRecord = z.infer<typeof requestRecord>;

/** What a run gave. Attainment = requests completed within the SLA ÷ requests sent. */
export const result = z.strictObject({
  completed: count,
  shed: count,
  failed: count,
  latencyMs: z.strictObject({
    p50: milliseconds.nullable(),
    p95: milliseconds.nullable(),
    p99: milliseconds.nullable(),
    max: milliseconds.nullable(),
    n: count,
  }),
  slaAttainment: z.number().min(0).max(1),
  goodputPerS: z.number().nonnegative(),
  accuracy: z.strictObject({
    /** Of the answers that completed, against the pack's labels; null where nothing could be judged. */
    endToEnd: accuracy.nullable(),
    metric: z.string().max(60),
    pas: accuracy,
    n: count,
  }),
  cost: z.strictObject({ mean: z.number().nonnegative(), max: z.number().nonnegative() }),
});
export type RunResult = z.infer<typeof result>;

export const runReportSchema = z.strictObject({
  schema: z.literal(REPORT),
  kind: z.literal('run'),
  name,
  createdAt: isoDate,
  pipeline: name,
  device,
  seed: z.int(),
  /** What the planner was allowed. */
  backends: z.array(backend).min(1),
  slaMs: z.number().positive(),
  percentile: z.number(),
  load: z.strictObject({
    kind: z.enum(['constant-rate', 'trace']),
    ratePerS: z.number().nonnegative(),
    durationS: z.number().positive(),
    requests: count,
    /** How late the generator was, p99. Over 5 % of the SLA the run is not valid. */
    latenessP99Ms: milliseconds,
    valid: z.boolean(),
  }),
  result,
  predicted: prediction,
  /** The simulator fed with this run's own service samples, on the same arrivals. */
  resimulated: z
    .strictObject({ p95: milliseconds.nullable(), slaAttainment: z.number().min(0).max(1) })
    .nullable(),
  plans: z.array(z.strictObject({ atMs: milliseconds, plan: planSchema })).min(1),
  requests: z.array(requestRecord),
  service: z.array(service),
  /** Workers lost and replaced, switches, and what else happened. */
  events: z.array(z.strictObject({ atMs: milliseconds, what: z.string().max(400) })),
});
export type RunReport = z.infer<typeof runReportSchema>;

/** One choice of variants and the best that could be had of it. */
export const combination = z.strictObject({
  backends: z.array(backend).min(1),
  variants: z.record(name, name),
  pas: accuracy,
  /** Measured on the scenes that the runs sent, to be held against theirs. */
  endToEnd: accuracy.nullable(),
  /** Measured on the whole pack. */
  endToEndOnPack: accuracy.nullable(),
  /** Whether the ILP's constraints hold for some batch and backend. */
  feasible: z.boolean(),
  binding: z.string().max(400).nullable(),
  batches: z.record(name, positiveCount),
  boundMs: milliseconds,
  p95Ms: milliseconds.nullable(),
  slaAttainment: z.number().min(0).max(1),
  cost: z.number().nonnegative(),
  gpuShare: z.number().nonnegative(),
});
export type Combination = z.infer<typeof combination>;

/** The program's β that choose a plan, with α = 1 and δ = η = 0: more than betaMin, less than betaMax. */
export const weights = z.strictObject({
  betaMin: z.number().nonnegative(),
  /** Null: any. */
  betaMax: z.number().nonnegative().nullable(),
});
export type Weights = z.infer<typeof weights>;

/** A Pareto-best plan in accuracy, cost and latency bound at one SLA and rate. */
export const frontierPoint = z.strictObject({
  backends: z.array(backend).min(1),
  variants: z.record(name, name),
  batches: z.record(name, positiveCount),
  accuracy,
  cost: z.number().nonnegative(),
  boundMs: milliseconds,
  /** With an SLA of `boundMs`; null: none choose it. */
  weights: weights.nullable(),
});
export type FrontierPoint = z.infer<typeof frontierPoint>;

export const benchReportSchema = z.strictObject({
  schema: z.literal(REPORT),
  kind: z.literal('bench'),
  createdAt: isoDate,
  pipeline: name,
  device,
  seed: z.int(),
  runs: z.array(runReportSchema).min(1),
  combinations: z.array(combination),
  frontier: z.array(frontierPoint),
  profile: profileSchema,
});
export type BenchReport = z.infer<typeof benchReportSchema>;

export const reportSchema = z.discriminatedUnion('kind', [runReportSchema, benchReportSchema]);
export type Report = z.infer<typeof reportSchema>;

/** @throws InvalidDocumentError, UnsupportedDocumentError */
export const parseReport = (value: unknown, source: string): Report =>
  parseDocument(reportSchema, value, source, REPORT);

/** @throws InvalidDocumentError, UnsupportedDocumentError */
export const parseRunReport = (value: unknown, source: string): RunReport =>
  parseDocument(runReportSchema, value, source, REPORT);
