import type { PipelineStage } from '../manifests/pipeline.ts';
import type { Match, StageResult } from './task.ts';

/**
 * Counts from which a score is computed; the counts of several items or requests add up. A wrong class counts twice, as one
 * spurious and one missed thing. F1 over a pipeline of classifiers therefore equals accuracy.
 */
export interface Counts {
  /** True things that were predicted, with the right classes. */
  readonly right: number;
  /** Predicted things that are not true (false positives). */
  readonly spurious: number;
  /** True things that were not predicted (false negatives). */
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

/** The pipeline's results for one item and, in order, for the items that followed from it. */
export interface ItemAnswer {
  /** Null while the item has not been run. */
  readonly result: StageResult | null;
  readonly children: readonly ItemAnswer[];
}

/** The truth of one item and, in order, of the items that follow from a result without errors. */
export interface ItemTruth {
  /** In the form that the stage's task defines. */
  readonly truth: unknown;
  readonly children: readonly ItemTruth[];
}

const countsOf = ({ predicted, truth, right }: Match): Counts => ({
  right: right ? 1 : 0,
  spurious: predicted !== null && !right ? 1 : 0,
  missed: truth !== null && !right ? 1 : 0,
});

/** Counts of one stage alone, for one labelled item. */
export const stageCounts = ({ task }: PipelineStage, result: StageResult, truth: unknown): Counts =>
  task.match(result, truth).map(countsOf).reduce(addCounts, NO_COUNTS);

/**
 * Counts of the whole pipeline for one request. A thing is right when the stage that predicts it is right, and every later
 * stage is right about the item that follows from the thing.
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

/** Name of the metric that {@link requestCounts} leads to, e.g. `F1@0.5, right class`. @param first the pipeline's first stage */
export const pipelineMetric = ({ task, next }: PipelineStage): string =>
  next && task.pipelineMetric !== next.task.pipelineMetric
    ? `${task.pipelineMetric}, right class`
    : task.pipelineMetric;

/** All results of an answer, grouped by stage. @param stages number of stages */
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
