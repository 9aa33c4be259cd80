import type { Pipeline } from '../../models/manifests/pipeline.ts';
import {
  addCounts,
  type Counts,
  type ItemAnswer,
  type ItemTruth,
  NO_COUNTS,
  requestCounts,
  scoreOf,
} from '../../models/tasks/judge.ts';

/** Adds up the counts of the pipeline's metric over the completed requests. */
export class Judge {
  #counts: Counts = NO_COUNTS;
  #n = 0;

  constructor(private readonly pipeline: Pipeline) {}

  /** Adds a completed request. @returns the request's own counts */
  add(answer: ItemAnswer, truth: ItemTruth): Counts {
    const counts = requestCounts(this.pipeline.first, answer, truth);
    this.#counts = addCounts(this.#counts, counts);
    this.#n++;
    return counts;
  }

  /** Number of requests that were added. */
  get n(): number {
    return this.#n;
  }

  /** The metric's value so far, from 0 to 1; null while all counts are 0. */
  get score(): number | null {
    return scoreOf(this.#counts);
  }
}
