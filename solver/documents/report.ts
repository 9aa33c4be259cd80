import { z } from 'zod';
import { accuracy, backend, count, device, isoDate, milliseconds, name, positiveCount } from './common.ts';
import { parseDocument } from './document.ts';
import { accuracyMethod, planSchema, prediction } from './plan.ts';
import { profileSchema } from './profile.ts';

export const REPORT = 'ipa-edge/report@1';

/** How long batches of a stage took in a run, by how many items they held: whole round trips. */
export const service = z.strictObject({
  stage: name,
  variant: name,
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
  /** Null where none was sent. */
  slaAttainment: z.number().min(0).max(1).nullable(),
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

/** What happened to the requests that arrived in one stretch of a run, and what served then. */
export const interval = z.strictObject({
  fromMs: milliseconds,
  ratePerS: z.number().nonnegative(),
  /** Of those that completed; null where none did, or too few did. */
  p50Ms: milliseconds.nullable(),
  p95Ms: milliseconds.nullable(),
  /** Null where none arrived. */
  slaAttainment: z.number().min(0).max(1).nullable(),
  /** Of the workers there were, mean over the stretch. */
  cost: z.number().nonnegative(),
  /** Of what served, mean over the stretch. */
  pas: accuracy,
});
export type Interval = z.infer<typeof interval>;

/** How plans followed the load. */
export const adaptation = z.strictObject({
  system: name,
  predictor: name,
  intervalS: z.number().positive(),
  /** One per decision: the largest rate of the next 20 s as it was forecast, and the rate that was planned for. */
  steps: z.array(
    z.strictObject({
      atMs: milliseconds,
      medianPerS: z.number().nonnegative(),
      p90PerS: z.number().nonnegative(),
      plannedPerS: z.number().nonnegative(),
    }),
  ),
});
export type Adaptation = z.infer<typeof adaptation>;

/** Above this number the requests of a run are not told one by one. */
export const MOST_REQUESTS = 100_000;

/** Longer texts of events are cut. */
export const EVENT_LENGTH_MAX = 400;

export const runReportSchema = z.strictObject({
  schema: z.literal(REPORT),
  kind: z.literal('run'),
  name,
  /** Service times were drawn from a profile: nothing ran. */
  simulated: z.boolean(),
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
  /** Each from when it served. */
  plans: z.array(z.strictObject({ atMs: milliseconds, plan: planSchema })).min(1),
  /** Null: the first plan served to the end. */
  adaptation: adaptation.nullable(),
  overTime: z.array(interval).min(1),
  /** Empty where there were over 100,000. */
  requests: z.array(requestRecord),
  service: z.array(service),
  /** Workers lost and replaced, switches, and what else happened. */
  events: z.array(z.strictObject({ atMs: milliseconds, what: z.string().max(EVENT_LENGTH_MAX) })),
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

/** A profile, and the plan that was made of it, where nothing has run yet. */
export const profileReportSchema = z.strictObject({
  schema: z.literal(REPORT),
  kind: z.literal('profile'),
  createdAt: isoDate,
  profile: profileSchema,
  plan: planSchema.nullable(),
  frontier: z.array(frontierPoint),
});
export type ProfileReport = z.infer<typeof profileReportSchema>;

/** One system, with one setting, under one load. */
export const adaptationRun = z.strictObject({
  system: name,
  predictor: name,
  /** What ours was asked for; null: the system has its own weights. */
  setting: z
    .strictObject({
      percentile: z.number(),
      minRatePerS: z.number().nonnegative(),
      accuracy: accuracyMethod,
      beta: z.number().nonnegative(),
      eta: z.number().nonnegative(),
    })
    .nullable(),
  slaAttainment: z.number().min(0).max(1),
  p95Ms: milliseconds.nullable(),
  /** Means over time. */
  pas: accuracy,
  cost: z.number().nonnegative(),
  /** Changes of plan. */
  switches: count,
  /** Empty for those that are not drawn. */
  overTime: z.array(interval),
});
export type AdaptationRun = z.infer<typeof adaptationRun>;

/** One pipeline under one load: every system, and what was found of ours. */
export const comparison = z.strictObject({
  pipeline: name,
  workload: z.string().max(100),
  /** Times the workload's rates. */
  scale: z.number().positive(),
  slaMs: z.number().positive(),
  requests: count,
  /** IPA, FA2 and RIM. */
  rivals: z.array(adaptationRun),
  /** Ours with every setting that was tried. */
  ours: z.array(adaptationRun).min(1),
  /** Ours with the future in place of a forecast. */
  oracle: adaptationRun,
  /** Places in `ours`; null: none was found. */
  found: z.strictObject({
    /** At no worse attainment than IPA's no dearer, and PAS no lower. */
    beatsIpa: count.nullable(),
    /** At FA2-high's PAS no dearer, within 1 % where that has the most accurate variants. */
    beatsFa2High: count.nullable(),
    /** Asked for p99: attainment of 0.99, or the oracle's where that is lower. */
    keepsP99: count.nullable(),
  }),
});
export type Comparison = z.infer<typeof comparison>;

export const adaptationReportSchema = z.strictObject({
  schema: z.literal(REPORT),
  kind: z.literal('adaptation'),
  createdAt: isoDate,
  seed: z.int(),
  comparisons: z.array(comparison).min(1),
});
export type AdaptationReport = z.infer<typeof adaptationReportSchema>;

export const reportSchema = z.discriminatedUnion('kind', [
  runReportSchema,
  benchReportSchema,
  profileReportSchema,
  adaptationReportSchema,
]);
export type Report = z.infer<typeof reportSchema>;

/** @throws InvalidDocumentError, UnsupportedDocumentError */
export const parseReport = (value: unknown, source: string): Report =>
  parseDocument(reportSchema, value, source, REPORT);

/** @throws InvalidDocumentError, UnsupportedDocumentError */
export const parseRunReport = (value: unknown, source: string): RunReport =>
  parseDocument(runReportSchema, value, source, REPORT);
