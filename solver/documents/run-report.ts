import { z } from 'zod';
import { accuracy, backend, count, device, isoDate, milliseconds, name, positiveCount } from './common.ts';
import { parseDocument } from './document.ts';
import { type PlanStage, planSchema, prediction } from './plan.ts';

export const REPORT = 'ipa-edge/report@1';

/** Round-trip times of a stage's batches of one size in a run. */
const service = z.strictObject({
  stage: name,
  variant: name,
  backend,
  items: positiveCount,
  samplesMs: z.array(milliseconds).min(1),
});
export type ServiceTimes = z.infer<typeof service>;

/** Whether batches ran in a row of a plan. To ask about a standby's batches, pass the row with the standby's variant. */
export const areOfRow = (
  { stage, variant, backend }: ServiceTimes,
  row: Pick<PlanStage, 'name' | 'variant' | 'backend'>,
): boolean => stage === row.name && variant === row.variant && backend === row.backend;

export const requestRecord = z.strictObject({
  /** Scheduled arrival, counted from the start of the run. */
  arrivalMs: milliseconds,
  /** Time from the scheduled arrival to the end; null if the request did not complete. */
  latencyMs: milliseconds.nullable(),
  outcome: z.enum(['completed', 'shed', 'failed']),
});
export type RequestRecord = z.infer<typeof requestRecord>;

/** The result of a run. Attainment = requests completed within the SLA ÷ requests sent. */
const result = z.strictObject({
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
    pas: accuracy.nullable(),
    n: count,
  }),
  cost: z.strictObject({ mean: z.number().nonnegative(), max: z.number().nonnegative() }),
});
export type RunResult = z.infer<typeof result>;

/** One interval of a run: how its requests ended, and the cost and PAS meanwhile. */
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
  /** Mean PAS over the interval, of the plans that served, less what downshifts cost while they served. */
  pas: accuracy.nullable(),
});
export type Interval = z.infer<typeof interval>;

/** Use of a cascade in a run, measured and as its plan predicted. */
const cascadeOutcome = z.strictObject({
  stage: name,
  light: name,
  heavy: name,
  /** Confidence under which items escalated to the heavy variant. */
  below: z.number().positive().max(1),
  /** Number of items that the light variant answered. */
  items: count,
  /** Number of these items that escalated. */
  escalated: count,
  /** Predicted share of the items that escalate. */
  predictedShare: z.number().min(0).max(1),
  /** Number of escalated items for which the light variant's answer stood because of a burst. Absent in older reports. */
  settled: count.optional(),
  /**
   * Accuracies that the plan assumes: of the stage with both variants, and with only the light one. Absent in older reports, and if
   * the plan does not state that of the light one.
   */
  expected: z.strictObject({ accuracy, lightAccuracy: accuracy }).optional(),
});
export type CascadeOutcome = z.infer<typeof cascadeOutcome>;

/** Use of a stage's standby in a run. */
const standbyOutcome = z.strictObject({
  stage: name,
  variant: name,
  /** Accuracy of the stage's planned variant, as the plan assumes it; 1 if no variant has a known accuracy. */
  accuracy,
  standby: name,
  standbyAccuracy: accuracy,
  /** Number of items that either variant answered. */
  items: count,
  /** Number of these items that the standby answered. */
  downshifted: count,
});
export type StandbyOutcome = z.infer<typeof standbyOutcome>;

/** How the plans of a run followed the load. */
const adaptation = z.strictObject({
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
export const REQUESTS_MAX = 100_000;

/** The description of an event is cut off after this many characters. */
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
    /** p99 of the requests' delay from scheduled arrival to sending. */
    latenessP99Ms: milliseconds,
    /** Whether the result is valid although the client may have sent some requests late (solver/README.md, "Running"). */
    valid: z.boolean(),
  }),
  result,
  predicted: prediction,
  /**
   * Result of simulating the same arrivals with this run's own service times; null for a simulated run, and if a stage of the
   * first plan ran no batch.
   */
  resimulated: z
    .strictObject({ p95: milliseconds.nullable(), slaAttainment: z.number().min(0).max(1) })
    .nullable(),
  /** The plans that served, each with the time at which it began to serve. */
  plans: z.array(z.strictObject({ atMs: milliseconds, plan: planSchema })).min(1),
  /** Use of the plans' cascades; absent in older reports. */
  cascades: z.array(cascadeOutcome).optional(),
  /** Use of the plans' standbys; absent in older reports. */
  standbys: z.array(standbyOutcome).optional(),
  /** How new plans followed the load; null if the first plan served to the end. */
  adaptation: adaptation.nullable(),
  overTime: z.array(interval).min(1),
  /** Every request of the run; empty for a run of more than {@link REQUESTS_MAX}. */
  requests: z.array(requestRecord),
  service: z.array(service),
  /** Events such as lost workers and switches of plans. */
  events: z.array(z.strictObject({ atMs: milliseconds, what: z.string().max(EVENT_LENGTH_MAX) })),
});
export type RunReport = z.infer<typeof runReportSchema>;

/** @throws InvalidDocumentError, UnsupportedDocumentError */
export const parseRunReport = (value: unknown, source: string): RunReport =>
  parseDocument(runReportSchema, value, source, REPORT);
