import type { PipelineStage } from '../manifests/pipeline.ts';
import type { Match, StageResult } from './task.ts';

/**
 * What a score is made of; counts of requests or items add up. A wrong class counts twice: what was said is spurious and what
 * was true is missed. So F1 of counts without a detector is plain accuracy.
 */
export interface Counts {
  /** Truths that were found and got the right classes. */
  readonly right: number;
  /** Things that were said and are not true. */
  readonly spurious: number;
  /** Truths that were not said. */
  readonly missed: number;
}

export const NO_COUNTS: Counts = { right: 0, spurious: 0, missed: 0 };

export const addCounts = (a: Counts, b: Counts): Counts => ({
  right: a.right + b.right,
  spurious: a.spurious + b.spurious,
  missed: a.missed + b.missed,
});

/** F1, 0…1: of detection, or accuracy of classification. `null` where there was nothing to judge. */
export function scoreOf({ right, spurious, missed }: Counts): number | null {
  const total = 2 * right + spurious + missed;
  return total === 0 ? null : (2 * right) / total;
}

/** What a pipeline says of one item and, in order, of the items that it gave the next stage. */
export interface ItemAnswer {
  /** Null: the item has not been run. */
  readonly result: StageResult | null;
  readonly children: readonly ItemAnswer[];
}

/** What is true of one item and, in order, of the items that a perfect result gives the next stage. */
export interface ItemTruth {
  /** In the form of the stage's task. */
  readonly truth: unknown;
  readonly children: readonly ItemTruth[];
}

const countsOf = ({ said, truth, right }: Match): Counts => ({
  right: right ? 1 : 0,
  spurious: said !== null && !right ? 1 : 0,
  missed: truth !== null && !right ? 1 : 0,
});

/** The metric of a stage alone, on one item with true input. */
export const stageCounts = ({ task }: PipelineStage, result: StageResult, truth: unknown): Counts =>
  task.match(result, truth).map(countsOf).reduce(addCounts, NO_COUNTS);

/**
 * The metric of a whole pipeline, on one request: a thing is right where the stage that says it is right, and so is every
 * later stage of it.
 * @param answer of a request that completed
 */
export function requestCounts({ task, next }: PipelineStage, answer: ItemAnswer, truth: ItemTruth): Counts {
  return task
    .match(answer.result!, truth.truth)
    .map((match) => {
      const said = match.said === null ? undefined : answer.children[match.said];
      const isTrue = match.truth === null ? undefined : truth.children[match.truth];
      return match.right && next && said && isTrue ? requestCounts(next, said, isTrue) : countsOf(match);
    })
    .reduce(addCounts, NO_COUNTS);
}

/** Name of a pipeline's own metric. */
export const pipelineMetric = ({ task, next }: PipelineStage): string =>
  next && task.pipelineMetric !== next.task.pipelineMetric
    ? `${task.pipelineMetric}, right class`
    : task.pipelineMetric;

/** Every result of an answer by stage, then by item, in order. */
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
