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

/** Adds up the pipeline's metric over the requests that completed. */
export class Judge {
  #counts: Counts = NO_COUNTS;
  #n = 0;

  constructor(private readonly pipeline: Pipeline) {}

  /** Returns the request's own counts. */
  add(answer: ItemAnswer, truth: ItemTruth): Counts {
    const counts = requestCounts(this.pipeline.first, answer, truth);
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
