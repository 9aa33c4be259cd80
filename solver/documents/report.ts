import { z } from 'zod';
import { accuracy, backend, count, device, isoDate, milliseconds, name, positiveCount } from './common.ts';
import { parseDocument } from './document.ts';
import { accuracyMethod, planSchema, prediction } from './plan.ts';
import { profileSchema } from './profile.ts';

export const REPORT = 'ipa-edge/report@1';

/** Round trips of a stage's batches of one size in a run. */
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
  /** From the scheduled arrival; null where the request did not complete. */
  latencyMs: milliseconds.nullable(),
  outcome: z.enum(['completed', 'shed', 'failed']),
});
export type RequestRecord = z.infer<typeof requestRecord>;

/** The result of a run. Attainment = requests completed within the SLA ÷ requests sent. */
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
  /** Null where no request was sent. */
  slaAttainment: z.number().min(0).max(1).nullable(),
  goodputPerS: z.number().nonnegative(),
  accuracy: z.strictObject({
    /** Accuracy of completed answers by the pack's labels; null where none could be judged. */
    endToEnd: accuracy.nullable(),
    metric: z.string().max(60),
    pas: accuracy,
    n: count,
  }),
  cost: z.strictObject({ mean: z.number().nonnegative(), max: z.number().nonnegative() }),
});
export type RunResult = z.infer<typeof result>;

/** One interval of a run: how its requests ended, and what served then. */
export const interval = z.strictObject({
  fromMs: milliseconds,
  ratePerS: z.number().nonnegative(),
  /** Of requests that completed; null where too few did. */
  p50Ms: milliseconds.nullable(),
  p95Ms: milliseconds.nullable(),
  /** Null where no request arrived. */
  slaAttainment: z.number().min(0).max(1).nullable(),
  /** Cost of all workers, mean over the interval. */
  cost: z.number().nonnegative(),
  /** PAS of the plan that served, mean over the interval. */
  pas: accuracy,
});
export type Interval = z.infer<typeof interval>;

/** How plans followed the load. */
export const adaptation = z.strictObject({
  system: name,
  predictor: name,
  intervalS: z.number().positive(),
  /** One for each decision: the forecast of the busiest of the next 20 seconds, and the rate that was planned for. */
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

/** A run with more requests does not list them. */
export const MOST_REQUESTS = 100_000;

/** Longer texts of events are cut off. */
export const EVENT_LENGTH_MAX = 400;

export const runReportSchema = z.strictObject({
  schema: z.literal(REPORT),
  kind: z.literal('run'),
  name,
  /** True: nothing ran; service times were drawn from a profile. */
  simulated: z.boolean(),
  createdAt: isoDate,
  pipeline: name,
  device,
  seed: z.int(),
  /** The backends that the planner was allowed. */
  backends: z.array(backend).min(1),
  slaMs: z.number().positive(),
  percentile: z.number(),
  load: z.strictObject({
    kind: z.enum(['constant-rate', 'trace']),
    ratePerS: z.number().nonnegative(),
    durationS: z.number().positive(),
    requests: count,
    /** p99 of how late the load generator was. Above 5 % of the SLA the run is not valid. */
    latenessP99Ms: milliseconds,
    valid: z.boolean(),
  }),
  result,
  predicted: prediction,
  /** A simulation of the same arrivals with this run's own service times. */
  resimulated: z
    .strictObject({ p95: milliseconds.nullable(), slaAttainment: z.number().min(0).max(1) })
    .nullable(),
  /** Each with the time from which it served. */
  plans: z.array(z.strictObject({ atMs: milliseconds, plan: planSchema })).min(1),
  /** Null where the first plan served to the end. */
  adaptation: adaptation.nullable(),
  overTime: z.array(interval).min(1),
  /** Empty where there are over 100,000. */
  requests: z.array(requestRecord),
  service: z.array(service),
  /** Lost workers, switches, and other events. */
  events: z.array(z.strictObject({ atMs: milliseconds, what: z.string().max(EVENT_LENGTH_MAX) })),
});
export type RunReport = z.infer<typeof runReportSchema>;

/** One choice of variants, with the best plan for it. */
export const combination = z.strictObject({
  backends: z.array(backend).min(1),
  variants: z.record(name, name),
  pas: accuracy,
  /** Measured on the scenes that the runs sent, so that it can be compared with theirs. */
  endToEnd: accuracy.nullable(),
  /** Measured on the whole pack. */
  endToEndOnPack: accuracy.nullable(),
  /** Whether the integer program has a solution with these variants. */
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

/** The β between which the integer program chooses a plan, with α = 1 and δ = η = 0. */
export const weights = z.strictObject({
  betaMin: z.number().nonnegative(),
  /** Null: no upper end. */
  betaMax: z.number().nonnegative().nullable(),
});
export type Weights = z.infer<typeof weights>;

/** A choice that is Pareto-best in accuracy, cost and latency bound, at one SLA and rate. */
export const frontierPoint = z.strictObject({
  backends: z.array(backend).min(1),
  variants: z.record(name, name),
  batches: z.record(name, positiveCount),
  accuracy,
  cost: z.number().nonnegative(),
  boundMs: milliseconds,
  /** With `boundMs` as SLA; null where no β chooses it. */
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

/** A profile with a plan made from it, before anything has run. */
export const profileReportSchema = z.strictObject({
  schema: z.literal(REPORT),
  kind: z.literal('profile'),
  createdAt: isoDate,
  profile: profileSchema,
  plan: planSchema.nullable(),
  frontier: z.array(frontierPoint),
});
export type ProfileReport = z.infer<typeof profileReportSchema>;

/** One system with one setting under one load. */
export const adaptationRun = z.strictObject({
  system: name,
  predictor: name,
  /** What this project's system was asked for; null for the systems of the IPA paper, which have their own weights. */
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
  /** Mean over time, as is the cost. */
  pas: accuracy,
  cost: z.number().nonnegative(),
  /** Number of changes of plan. */
  switches: count,
  /** Empty for runs that are not drawn. */
  overTime: z.array(interval),
});
export type AdaptationRun = z.infer<typeof adaptationRun>;

/** One pipeline under one load: every system, and how this project's system (`ours`) compares. */
export const comparison = z.strictObject({
  pipeline: name,
  workload: z.string().max(100),
  /** Factor of the workload's rates. */
  scale: z.number().positive(),
  slaMs: z.number().positive(),
  requests: count,
  /** IPA, FA2 and RIM. */
  rivals: z.array(adaptationRun),
  /** This project's system, with every setting that was tried. */
  ours: z.array(adaptationRun).min(1),
  /** This project's system with a forecast that knows the load. */
  oracle: adaptationRun,
  /** Indices into `ours`; null where no run qualifies. Of several the cheapest. */
  found: z.strictObject({
    /** Attainment and PAS no lower than IPA's, at no higher cost. */
    beatsIpa: count.nullable(),
    /** PAS no lower than FA2-high's, at no higher cost; 1 % more where FA2-high already has the most accurate variants. */
    beatsFa2High: count.nullable(),
    /** Asked for p99, an attainment of 0.99, or the oracle's where that is lower. */
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
