import type { ItemAnswer } from '../../models/tasks/judge.ts';
import type { Outcome } from '../../solver/dispatch/types.ts';
import type { Backend } from '../../solver/documents/common.ts';
import type { Ran } from '../../solver/report/outcomes.ts';

/** How a request ended, and its results. */
export interface RequestAnswer {
  readonly outcome: Outcome;
  /** Time from the scheduled arrival until the request ended. */
  readonly latencyMs: number;
  /** The request's results; only those so far unless the outcome is `completed`. */
  readonly answer: ItemAnswer;
}

/** A completed batch. */
export interface BatchRecord extends Ran {
  readonly backend: Backend;
  readonly worker: string;
  /** Start of the batch, in `performance.now()` of the executor's thread. */
  readonly startMs: number;
  /** Time from `startMs` (when the worker got the batch, or completed the batch before it) until the executor has the results. */
  readonly serviceMs: number;
  /** Time from when the batch's first item came to its stage until `startMs`. */
  readonly waitedMs: number;
}

export interface ExecutorHooks {
  onBatch?(batch: BatchRecord): void;
  /** Called when a cascade's light variant gives an item's final answer, because a burst left no time for the heavy variant. */
  onSettled?(stage: string): void;
  /** Called when a worker was lost; `onEvent` gives the reason. */
  onLost?(worker: string): void;
  /**
   * Called when a worker was lost, left, was replaced or could not be, when a batch failed, or when the plan changed.
   * @param what a sentence about the event
   */
  onEvent?(what: string): void;
}
