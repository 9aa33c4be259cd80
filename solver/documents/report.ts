import { z } from 'zod';
import { adaptationReportSchema } from './adaptation-report.ts';
import { accuracy, backend, device, isoDate, milliseconds, name, positiveCount } from './common.ts';
import { parseDocument } from './document.ts';
import { planSchema } from './plan.ts';
import { profileSchema } from './profile.ts';
import { REPORT, runReportSchema } from './run-report.ts';

/** One combination of variants, with the best plan for it: if none keeps the SLA, the plan with the highest attainment. */
const combination = z.strictObject({
  backends: z.array(backend).min(1),
  variants: z.record(name, name),
  pas: accuracy.nullable(),
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
const weights = z.strictObject({
  betaMin: z.number().nonnegative(),
  /** Upper end of the interval; null if it has none. */
  betaMax: z.number().nonnegative().nullable(),
});
export type Weights = z.infer<typeof weights>;

/** A choice that is Pareto-best in accuracy, cost and latency bound, at one SLA and rate. */
const frontierPoint = z.strictObject({
  backends: z.array(backend).min(1),
  variants: z.record(name, name),
  batches: z.record(name, positiveCount),
  /** The heavy variant of each stage that is a cascade; `variants` and `batches` have the light one's. */
  cascades: z
    .record(
      name,
      z.strictObject({
        variant: name,
        batch: positiveCount,
        /** Confidence under which items escalate to the heavy variant. */
        below: z.number().positive().max(1),
        /** Expected share of the stage's items that escalate. */
        share: z.number().min(0).max(1),
      }),
    )
    .optional(),
  accuracy,
  cost: z.number().nonnegative(),
  boundMs: milliseconds,
  /** The interval of β that chooses this point if the SLA is its `boundMs`; null if no β chooses it. */
  weights: weights.nullable(),
});
export type FrontierPoint = z.infer<typeof frontierPoint>;

const benchReportSchema = z.strictObject({
  schema: z.literal(REPORT),
  kind: z.literal('bench'),
  createdAt: isoDate,
  pipeline: name,
  device,
  seed: z.int(),
  runs: z.array(runReportSchema).min(1),
  combinations: z.array(combination),
  frontier: z.array(frontierPoint),
  /**
   * The frontier without cascades, for backends whose frontier has cascades. Empty or absent if none has, and absent in older
   * reports.
   */
  frontierWithoutCascades: z.array(frontierPoint).optional(),
  profile: profileSchema,
});
export type BenchReport = z.infer<typeof benchReportSchema>;

/** The report of a profile with a plan made from it, before anything has run. */
const profileReportSchema = z.strictObject({
  schema: z.literal(REPORT),
  kind: z.literal('profile'),
  createdAt: isoDate,
  profile: profileSchema,
  plan: planSchema.nullable(),
  frontier: z.array(frontierPoint),
  /** The frontier without cascades, as in {@link BenchReport}. */
  frontierWithoutCascades: z.array(frontierPoint).optional(),
});
export type ProfileReport = z.infer<typeof profileReportSchema>;

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
