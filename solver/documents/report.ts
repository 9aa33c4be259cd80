import { z } from 'zod';
import { accuracy, backend, count, device, isoDate, milliseconds, name, positiveCount } from './common.ts';
import { parseDocument } from './document.ts';
import { accuracyMethod, planSchema, prediction } from './plan.ts';
import { profileSchema } from './profile.ts';

export const REPORT = 'ipa-edge/report@1';

/** Round-trip times of a stage's batches of one size in a run. */
export const service = z.strictObject({
  stage: name,
  variant: name,
  backend,
  items: positiveCount,
  samplesMs: z.array(milliseconds).min(1),
});
export type Service = z.infer<typeof service>;

export const requestRecord = z.strictObject({
  /** Scheduled arrival, counted from the start of the run. */
  arrivalMs: milliseconds,
  /** Time from the scheduled arrival to the end; null if the request did not complete. */
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
  /** Share of the requests completed within the SLA; null if none was sent. */
  slaAttainment: z.number().min(0).max(1).nullable(),
  goodputPerS: z.number().nonnegative(),
  accuracy: z.strictObject({
    /** Accuracy of the completed requests, judged by the pack's labels; null if none could be judged. */
    endToEnd: accuracy.nullable(),
    metric: z.string().max(60),
    pas: accuracy,
    n: count,
  }),
  cost: z.strictObject({ mean: z.number().nonnegative(), max: z.number().nonnegative() }),
});
export type RunResult = z.infer<typeof result>;

/** One interval of a run: how its requests ended, and what served meanwhile. */
export const interval = z.strictObject({
  fromMs: milliseconds,
  ratePerS: z.number().nonnegative(),
  /** Latency percentiles of the requests that completed; null if too few did. */
  p50Ms: milliseconds.nullable(),
  p95Ms: milliseconds.nullable(),
  /** Share of the interval's requests completed within the SLA; null if none arrived. */
  slaAttainment: z.number().min(0).max(1).nullable(),
  /** Mean cost of all workers over the interval. */
  cost: z.number().nonnegative(),
  /** Mean PAS over the interval, of the plan that served. */
  pas: accuracy,
});
export type Interval = z.infer<typeof interval>;

/** How the plans of a run followed the load. */
export const adaptation = z.strictObject({
  system: name,
  predictor: name,
  intervalS: z.number().positive(),
  /** One step per decision: the forecast for the busiest of the next 20 seconds, and the rate that was planned for. */
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

/** The report of a run with more requests than this does not list them. */
export const MOST_REQUESTS = 100_000;

/** Longer descriptions of events are cut off. */
export const EVENT_LENGTH_MAX = 400;

export const runReportSchema = z.strictObject({
  schema: z.literal(REPORT),
  kind: z.literal('run'),
  name,
  /** Whether the run was only simulated, with service times drawn from a profile. */
  simulated: z.boolean(),
  createdAt: isoDate,
  pipeline: name,
  device,
  seed: z.int(),
  /** The backends that the planner was allowed to use. */
  backends: z.array(backend).min(1),
  slaMs: z.number().positive(),
  percentile: z.number(),
  load: z.strictObject({
    kind: z.enum(['constant-rate', 'trace']),
    ratePerS: z.number().nonnegative(),
    durationS: z.number().positive(),
    requests: count,
    /** p99 of the requests' delay from scheduled arrival to sending. Above 5 % of the SLA the run is not valid. */
    latenessP99Ms: milliseconds,
    valid: z.boolean(),
  }),
  result,
  predicted: prediction,
  /** Result of simulating the same arrivals with this run's own service times. */
  resimulated: z
    .strictObject({ p95: milliseconds.nullable(), slaAttainment: z.number().min(0).max(1) })
    .nullable(),
  /** The plans that served, each with the time at which it began to serve. */
  plans: z.array(z.strictObject({ atMs: milliseconds, plan: planSchema })).min(1),
  /** How new plans followed the load; null if the first plan served to the end. */
  adaptation: adaptation.nullable(),
  overTime: z.array(interval).min(1),
  /** Every request of the run; empty for a run of over 100,000. */
  requests: z.array(requestRecord),
  service: z.array(service),
  /** Events such as lost workers and switches of plans. */
  events: z.array(z.strictObject({ atMs: milliseconds, what: z.string().max(EVENT_LENGTH_MAX) })),
});
export type RunReport = z.infer<typeof runReportSchema>;

/** One combination of variants, with the best plan for it. */
export const combination = z.strictObject({
  backends: z.array(backend).min(1),
  variants: z.record(name, name),
  pas: accuracy,
  /** End-to-end accuracy on the items that the runs sent, so that it is comparable with the runs' accuracy. */
  endToEnd: accuracy.nullable(),
  /** End-to-end accuracy on the whole pack. */
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

/** The interval of β in which the integer program chooses a plan, with α = 1 and δ = η = 0. */
export const weights = z.strictObject({
  betaMin: z.number().nonnegative(),
  /** Upper end of the interval; null if it has none. */
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
  /** The β that choose this point if the SLA is its `boundMs`; null if no β does. */
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

/** The report of a profile with a plan made from it, before anything has run. */
export const profileReportSchema = z.strictObject({
  schema: z.literal(REPORT),
  kind: z.literal('profile'),
  createdAt: isoDate,
  profile: profileSchema,
  plan: planSchema.nullable(),
  frontier: z.array(frontierPoint),
});
export type ProfileReport = z.infer<typeof profileReportSchema>;

/** The result of one system with one setting under one load. */
export const adaptationRun = z.strictObject({
  system: name,
  predictor: name,
  /** Settings of this project's system; null for the systems of the IPA paper, which have their own weights. */
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
  /** Mean PAS over time; `cost` is a mean over time too. */
  pas: accuracy,
  cost: z.number().nonnegative(),
  /** Number of changes from one plan to another. */
  switches: count,
  /** The run by intervals; empty if the report draws no chart of it. */
  overTime: z.array(interval),
});
export type AdaptationRun = z.infer<typeof adaptationRun>;

/** All systems compared on one pipeline under one load. `ours` is this project's system. */
export const comparison = z.strictObject({
  pipeline: name,
  workload: z.string().max(100),
  /** Factor by which the workload's rates were multiplied. */
  scale: z.number().positive(),
  slaMs: z.number().positive(),
  requests: count,
  /** The systems of the IPA paper: IPA, FA2 and RIM. */
  rivals: z.array(adaptationRun),
  /** This project's system, one run for every setting that was tried. */
  ours: z.array(adaptationRun).min(1),
  /** This project's system with a forecast that knows the future load. */
  oracle: adaptationRun,
  /** The cheapest run that meets each condition, as an index into `ours`; null if none does. */
  found: z.strictObject({
    /** Condition: attainment and PAS no lower than IPA's, at no higher cost. */
    beatsIpa: count.nullable(),
    /** Condition: PAS no lower than FA2-high's, at no higher cost (1 % more if FA2-high has the most accurate variants). */
    beatsFa2High: count.nullable(),
    /** Condition: planned for p99, with an attainment of 0.99, or of the oracle's if that is lower. */
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
