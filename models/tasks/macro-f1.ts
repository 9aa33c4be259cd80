import { getOrMake } from '../../solver/math/maps.ts';

/**
 * Macro-averaged F1 of a classifier, from 0 to 1: the mean over classes of 2 · right / (predicted + true), where `predicted`
 * items were given the class, `true` items have it, and `right` items are both (Sokolova and Lapalme 2009, "A systematic analysis
 * of performance measures for classification tasks", with the mean of F1 as in scikit-learn). Only classes that are predicted or
 * true for at least one item count. Unlike accuracy, macro F1 gives rare classes the same weight as frequent ones.
 * @param truths the class of each item, in the order of `predicted`; at least one
 */
export function macroF1(predicted: readonly number[], truths: readonly number[]): number {
  const classes = new Map<number, { right: number; all: number }>();
  const countOf = (label: number) => getOrMake(classes, label, () => ({ right: 0, all: 0 }));
  predicted.forEach((label, i) => {
    countOf(label).all++;
    countOf(truths[i]!).all++;
    if (label === truths[i]) countOf(label).right++;
  });
  let sum = 0;
  for (const { right, all } of classes.values()) sum += (2 * right) / all;
  return sum / classes.size;
}
