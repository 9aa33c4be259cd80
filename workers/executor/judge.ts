import type { Manifest } from '../../models/manifests/manifest.ts';
import {
  addCounts,
  type Counts,
  NO_COUNTS,
  requestCounts,
  scoreOf,
  type Truth,
} from '../../models/tasks/metric.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { ItemAnswer } from './types.ts';

/**
 * A request's results by stage, then by item, in the order of the items.
 * @param stages at least so many: one that got no item has no results
 */
export function resultsByStage(answer: ItemAnswer, stages = 0): StageResult[][] {
  const results: StageResult[][] = [];
  for (let level = [answer]; level.length > 0; level = level.flatMap((item) => item.children))
    results.push(level.flatMap((item) => item.result ?? []));
  while (results.length < stages) results.push([]);
  return results;
}

/** Adds up the pipeline's metric over the requests that completed. */
export class Judge {
  #counts: Counts = NO_COUNTS;
  #n = 0;

  constructor(private readonly manifest: Manifest) {}

  /** Answers with the request's own counts. */
  add(answer: ItemAnswer, truth: Truth): Counts {
    const { stages } = this.manifest;
    const counts = requestCounts(stages, resultsByStage(answer, stages.length), truth);
    this.#counts = addCounts(this.#counts, counts);
    this.#n++;
    return counts;
  }

  get n(): number {
    return this.#n;
  }

  /** 0…1; null where there was nothing to judge. */
  get score(): number | null {
    return scoreOf(this.#counts);
  }
}
