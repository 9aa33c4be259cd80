import { z } from 'zod';
import { accuracy, count, isoDate, milliseconds, name } from './common.ts';
import { accuracyMethod } from './plan.ts';
import { interval, REPORT } from './run-report.ts';

/** The result of one system with one setting under one load. */
const adaptationRun = z.strictObject({
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
  /** Mean PAS over time. */
  pas: accuracy,
  /** Mean cost over time. */
  cost: z.number().nonnegative(),
  /** Number of changes from one plan to another. */
  switches: count,
  /** The run in intervals; empty if the report has no chart of it. */
  overTime: z.array(interval),
});
export type AdaptationRun = z.infer<typeof adaptationRun>;

/** Runs of this project's system, one for every weight of cost. */
const runsOfOurs = z
  .array(adaptationRun)
  .min(1)
  .refine((runs) => runs.every(({ setting }) => setting), 'expected a setting in each run');

/** All systems compared on one pipeline under one load. `ours` is this project's system. */
const comparison = z.strictObject({
  pipeline: name,
  /** The name of the load's trace. */
  workload: z.string().max(100),
  /** Whether the setting of this project's system was chosen on this load, so that summaries leave the comparison out. */
  training: z.boolean(),
  /** Factor by which the trace's rates were multiplied. */
  scale: z.number().positive(),
  slaMs: z.number().positive(),
  requests: count,
  /** The systems of the IPA paper (IPA, FA2 and RIM), with their published options and with this project's options. */
  rivals: z.array(adaptationRun),
  ours: runsOfOurs,
  /**
   * For rivals whose attainment is below the percentile: this project's system when asked for the rival's attainment, without
   * standbys. Absent if it was not run so.
   */
  matched: z.array(z.strictObject({ rival: name, ours: runsOfOurs })).optional(),
  /** This project's system with the middle weight of cost and a forecast that knows the future load. */
  oracle: adaptationRun,
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
