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

/** All systems compared on one pipeline under one load. `ours` is this project's system. */
const comparison = z.strictObject({
  pipeline: name,
  workload: z.string().max(100),
  /** Factor by which the workload's rates were multiplied. */
  scale: z.number().positive(),
  slaMs: z.number().positive(),
  requests: count,
  /** The systems of the IPA paper: IPA, FA2 and RIM. */
  rivals: z.array(adaptationRun),
  /** This project's system, one run for every weight of cost. */
  ours: z.array(adaptationRun).min(1),
  /** This project's system with a forecast that knows the future load. */
  oracle: adaptationRun,
  /** The cheapest run that meets each condition, as an index into `ours`; null if none does. */
  found: z.strictObject({
    /** Condition: attainment and PAS no lower than IPA's, at no higher cost. */
    beatsIpa: count.nullable(),
    /** Condition: PAS no lower than FA2-high's, at no higher cost (1 % more if FA2-high has the most accurate variants). */
    beatsFa2High: count.nullable(),
    /** Condition: planned for p99 or more, with that attainment, or with the oracle's attainment if that is lower. */
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
