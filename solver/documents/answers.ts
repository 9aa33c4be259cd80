import { z } from 'zod';
import { accuracy, name } from './common.ts';

/** A pack has at most this many items of a stage whose answers are kept. */
const ITEMS_MAX = 100_000;

/**
 * A variant's answers to the labelled items of its stage, in one order for all variants of the stage: the confidence, and the
 * earned and possible points of the stage's metric. So the accuracy of every cascade follows without running it.
 */
export const itemAnswers = z
  .array(z.tuple([accuracy, z.number(), z.number().nonnegative()]))
  .min(1)
  .max(ITEMS_MAX);
export type ItemAnswers = z.infer<typeof itemAnswers>;

/**
 * A variant's answers to the items that reach its stage from the pack, with one choice of upstream variants. The items are in the
 * order of the pack's requests; the fan-out of the stage tells how many belong to each.
 */
export const pathAnswers = z.strictObject({
  stage: name,
  variant: name,
  /** The chosen variant of each earlier stage. */
  upstream: z.record(name, name),
  confidences: z.array(accuracy).max(ITEMS_MAX),
  /** Points that each answer adds to its request's score. Only of the last stage. */
  earned: z.array(z.number()).max(ITEMS_MAX).optional(),
});
export type PathAnswers = z.infer<typeof pathAnswers>;
