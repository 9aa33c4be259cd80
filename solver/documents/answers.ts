import { z } from 'zod';
import { accuracy, name } from './common.ts';

/**
 * A variant's answers to the labelled items of its stage, each as [confidence, earned points, possible points] in the stage's
 * metric. All variants of a stage answer the items in the same order, so the planner can compute the accuracy of any cascade
 * without running it.
 */
export const labelledAnswers = z.array(z.tuple([accuracy, z.number(), z.number().nonnegative()])).min(1);
export type LabelledAnswers = z.infer<typeof labelledAnswers>;

/**
 * A variant's answers to the items that reach its stage from the pack, with one choice of upstream variants. The items are in the
 * order of the pack's requests; the stage's fan-out gives the number of items of each request.
 */
export const pathAnswers = z.strictObject({
  stage: name,
  variant: name,
  /** The chosen variant of each earlier stage. */
  upstream: z.record(name, name),
  confidences: z.array(accuracy),
  /** Points that each answer adds to its request's score; present only for the last stage. */
  earned: z.array(z.number()).optional(),
});
export type PathAnswers = z.infer<typeof pathAnswers>;
