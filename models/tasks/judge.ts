import type { PipelineStage } from '../manifests/pipeline.ts';
import { addScores, isRight, type Match, metricOf, NO_SCORE, type Score } from './score.ts';
import type { StageResult } from './task.ts';

/** A request's results as a tree: the result for an item and, in order, the answers for the next stage's items made from it. */
export interface ItemAnswer {
  /** Null until the stage has run the item. */
  readonly result: StageResult | null;
  /**
   * Whether the item went on to a cascade's heavy variant. If that cannot keep up in a burst, `result` may stay the light
   * variant's.
   */
  readonly escalated?: boolean;
  readonly children: readonly ItemAnswer[];
}

/**
 * A request's labels as a tree: the truth of an item and, in order, the truths of the next stage's items made from it if no stage
 * errs.
 */
export interface ItemTruth {
  /** The label in the form that the stage's task defines. */
  readonly truth: unknown;
  readonly children: readonly ItemTruth[];
}

const sum = (scores: readonly Score[]): Score => scores.reduce(addScores, NO_SCORE);

/** Compares a stage's result for one item with the item's label, regardless of other stages. */
export const stageScore = ({ task }: PipelineStage, result: StageResult, truth: unknown): Score =>
  sum(task.match(result, truth).map(({ score }) => score));

/**
 * Compares a request's answer with its labels, over all stages. A right object or class from which an item for the next stage
 * follows earns its points times the later stages' metric of that item. A stage that is `judged` only as the `last` one earns
 * nothing if an item follows: only the later stages' score counts.
 * @param answer of a completed request
 */
export function requestScore({ task, next }: PipelineStage, answer: ItemAnswer, truth: ItemTruth): Score {
  return sum(
    task.match(answer.result!, truth.truth).map((match) => {
      const [childAnswer, childTruth] = followingFrom(match, answer, truth);
      if (!next || !childAnswer || !childTruth) return match.score;
      if (task.judged === 'last') return requestScore(next, childAnswer, childTruth);
      const { score } = match;
      if (!isRight(score)) return score;
      const share = metricOf(requestScore(next, childAnswer, childTruth)) ?? 1;
      return { earned: score.earned * share, possible: score.possible };
    }),
  );
}

/**
 * The points that each item of the last stage adds to {@link requestScore}. No other points depend on such an item, so another
 * result for the item changes the score by the difference of its points.
 * @returns points by the item's node in the answer; items that cannot earn points, such as those of a wrong object, are left out
 */
export function lastStagePoints(
  { task, next }: PipelineStage,
  answer: ItemAnswer,
  truth: ItemTruth,
  weight = 1,
  points = new Map<ItemAnswer, number>(),
): ReadonlyMap<ItemAnswer, number> {
  for (const match of task.match(answer.result!, truth.truth)) {
    if (!next) {
      points.set(answer, (points.get(answer) ?? 0) + weight * match.score.earned);
      continue;
    }
    const [childAnswer, childTruth] = followingFrom(match, answer, truth);
    if (!childAnswer || !childTruth) continue;
    if (task.judged === 'last') lastStagePoints(next, childAnswer, childTruth, weight, points);
    else if (isRight(match.score)) {
      const { possible } = requestScore(next, childAnswer, childTruth);
      if (possible > 0)
        lastStagePoints(next, childAnswer, childTruth, (weight * match.score.earned) / possible, points);
    }
  }
  return points;
}

/** Returns the answer and the truth of the next stage's item to which a match leads; each is undefined if there is none. */
export const followingFrom = ({ predicted, truth }: Match, { children }: ItemAnswer, labels: ItemTruth) =>
  [
    predicted === null ? undefined : children[predicted],
    truth === null ? undefined : labels.children[truth],
  ] as const;

/** Name of the metric behind {@link requestScore}, e.g. `F1@0.5, right class`. @param first the pipeline's first stage */
export function pipelineMetric(first: PipelineStage): string {
  const names = new Map<string, string>();
  for (let stage: PipelineStage | null = first; stage; stage = stage.next) {
    const { metric, judged } = stage.task;
    if (names.has(metric.pipeline) || (judged === 'last' && stage.next)) continue;
    names.set(metric.pipeline, (names.size > 0 && metric.later) || metric.pipeline);
  }
  return [...names.values()].join(', ');
}

/** The answers to a request's items of each stage, in order. @param stages number of stages, from the first on */
export function answersByStage(answer: ItemAnswer, stages: number): (readonly ItemAnswer[])[] {
  const answers: (readonly ItemAnswer[])[] = [[answer]];
  while (answers.length < stages) answers.push(answers.at(-1)!.flatMap(({ children }) => children));
  return answers;
}

/** Groups all results of a request by stage. @param stages number of stages */
export const resultsByStage = (answer: ItemAnswer, stages: number): StageResult[][] =>
  answersByStage(answer, stages).map((own) => own.flatMap(({ result }) => result ?? []));
