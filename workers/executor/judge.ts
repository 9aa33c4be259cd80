import type { Pipeline } from '../../models/manifests/pipeline.ts';
import { type ItemAnswer, type ItemTruth, requestScore } from '../../models/tasks/judge.ts';
import { addScores, metricOf, NO_SCORE, type Score } from '../../models/tasks/score.ts';

/** Adds up the pipeline's metric over the completed requests. */
export class Judge {
  #score: Score = NO_SCORE;
  #n = 0;

  constructor(private readonly pipeline: Pipeline) {}

  /** Adds a completed request. @returns the request's own score */
  add(answer: ItemAnswer, truth: ItemTruth): Score {
    const score = requestScore(this.pipeline.first, answer, truth);
    this.#score = addScores(this.#score, score);
    this.#n++;
    return score;
  }

  /** Number of requests that were added. */
  get n(): number {
    return this.#n;
  }

  /** The metric's value so far, from 0 to 1; null if the requests so far could earn no points. */
  get score(): number | null {
    return metricOf(this.#score);
  }
}
