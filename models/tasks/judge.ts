import type { PipelineStage } from '../manifests/pipeline.ts';
import type { Match, StageResult } from './task.ts';

/**
 * Counts from which F1 is computed; the counts of several items or requests add up. A wrong class counts twice, as spurious and
 * as missed. F1 over a pipeline of classifiers therefore equals accuracy.
 */
export interface Counts {
  /** True positives: true objects or classes that were predicted. */
  readonly right: number;
  /** False positives: predicted objects or classes that are not true. */
  readonly spurious: number;
  /** False negatives: true objects or classes that were not predicted. */
  readonly missed: number;
}

export const NO_COUNTS: Counts = { right: 0, spurious: 0, missed: 0 };

export const addCounts = (a: Counts, b: Counts): Counts => ({
  right: a.right + b.right,
  spurious: a.spurious + b.spurious,
  missed: a.missed + b.missed,
});

/** F1 = 2 · right / (2 · right + spurious + missed), from 0 to 1; null when all counts are 0. */
export function scoreOf({ right, spurious, missed }: Counts): number | null {
  const total = 2 * right + spurious + missed;
  return total === 0 ? null : (2 * right) / total;
}

/** Tree of a request's results: the result for an item and, in order, those for the next stage's items made from it. */
export interface ItemAnswer {
  /** Null until the stage has run the item. */
  readonly result: StageResult | null;
  readonly children: readonly ItemAnswer[];
}

/** Tree of a request's labels: the truth of an item and, in order, those of the next stage's items if no stage errs. */
export interface ItemTruth {
  /** The label in the form that the stage's task defines. */
  readonly truth: unknown;
  readonly children: readonly ItemTruth[];
}

const countsOf = ({ predicted, truth, right }: Match): Counts => ({
  right: right ? 1 : 0,
  spurious: predicted !== null && !right ? 1 : 0,
  missed: truth !== null && !right ? 1 : 0,
});

/** Compares a stage's result for one item with the item's label, regardless of other stages. */
export const stageCounts = ({ task }: PipelineStage, result: StageResult, truth: unknown): Counts =>
  task.match(result, truth).map(countsOf).reduce(addCounts, NO_COUNTS);

/**
 * Compares a request's answer with its labels, over all stages. An object or class counts as right if the stage that predicts
 * it is right, and every later stage is right about the item that follows from it.
 * @param answer of a completed request
 */
export function requestCounts({ task, next }: PipelineStage, answer: ItemAnswer, truth: ItemTruth): Counts {
  return task
    .match(answer.result!, truth.truth)
    .map((match) => {
      const childAnswer = match.predicted === null ? undefined : answer.children[match.predicted];
      const childTruth = match.truth === null ? undefined : truth.children[match.truth];
      return match.right && next && childAnswer && childTruth
        ? requestCounts(next, childAnswer, childTruth)
        : countsOf(match);
    })
    .reduce(addCounts, NO_COUNTS);
}

/** Name of the metric behind {@link requestCounts}, e.g. `F1@0.5, right class`. @param first the pipeline's first stage */
export const pipelineMetric = ({ task, next }: PipelineStage): string =>
  next && task.pipelineMetric !== next.task.pipelineMetric
    ? `${task.pipelineMetric}, right class`
    : task.pipelineMetric;

/** Groups all results of a request by stage. @param stages number of stages */
export function resultsByStage(answer: ItemAnswer, stages: number): StageResult[][] {
  const results: StageResult[][] = [];
  for (
    let level: readonly ItemAnswer[] = [answer];
    results.length < stages;
    level = level.flatMap((item) => item.children)
  )
    results.push(level.flatMap((item) => item.result ?? []));
  return results;
}
