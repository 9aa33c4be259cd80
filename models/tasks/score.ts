/**
 * Points of a metric. The points of several items or requests add up; the metric's value is earned ÷ possible points. For F1 a
 * right prediction earns 2 of 2 points; a spurious prediction or a missed object earns 0 of 1.
 */
export interface Score {
  /** Negative if errors outnumber the possible points, as in a word error rate above 1. */
  readonly earned: number;
  readonly possible: number;
}

export const NO_SCORE: Score = { earned: 0, possible: 0 };

export const addScores = (a: Score, b: Score): Score => ({
  earned: a.earned + b.earned,
  possible: a.possible + b.possible,
});

/** The metric's value, from 0 to 1; null if there are no possible points. */
export const metricOf = ({ earned, possible }: Score): number | null =>
  possible === 0 ? null : Math.max(0, earned / possible);

export const isRight = ({ earned, possible }: Score): boolean => earned === possible;

/**
 * A predicted object or class paired with the true one; one of the two is missing if the other has no partner. If the prediction
 * leads to an item of the next stage, that item has the same index among the answer's children; likewise the truth among the
 * labels' children.
 */
export interface Match {
  /** Index among the result's predictions; null if the true object was missed. */
  readonly predicted: number | null;
  /** Index among the true objects or classes; null if the prediction is spurious. */
  readonly truth: number | null;
  readonly score: Score;
}

/**
 * A match that counts for F1 = 2 · right / (2 · right + spurious + missed). A wrong class counts twice, as spurious and as
 * missed, so F1 over classes equals accuracy.
 */
export const f1Match = (predicted: number | null, truth: number | null, right: boolean): Match => {
  const possible = (predicted === null ? 0 : 1) + (truth === null ? 0 : 1);
  return { predicted, truth, score: { earned: right ? possible : 0, possible } };
};
