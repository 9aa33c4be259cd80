import type { Manifest } from '../../models/manifest.ts';
import {
  addCounts,
  type Counts,
  NO_COUNTS,
  requestCounts,
  scoreOf,
  type Truth,
} from '../../models/metric.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { ItemAnswer } from './types.ts';

/** A request's results by stage, then by item, in the order of the items. */
export function resultsByStage(answer: ItemAnswer): StageResult[][] {
  const stages: StageResult[][] = [];
  for (let level = [answer]; level.length > 0; level = level.flatMap((item) => item.children))
    stages.push(level.flatMap((item) => item.result ?? []));
  return stages;
}

/** Adds up the pipeline's metric over the requests that completed. */
export class Judge {
  #counts: Counts = NO_COUNTS;
  #n = 0;

  constructor(private readonly manifest: Manifest) {}

  add(answer: ItemAnswer, truth: Truth): void {
    const results = resultsByStage(answer);
    // A stage that got no item of this request has no results.
    while (results.length < this.manifest.stages.length) results.push([]);
    this.#counts = addCounts(this.#counts, requestCounts(this.manifest.stages, results, truth));
    this.#n++;
  }

  get n(): number {
    return this.#n;
  }

  /** 0…1; null where there was nothing to judge. */
  get score(): number | null {
    return scoreOf(this.#counts);
  }
}
