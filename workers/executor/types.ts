import type { ItemAnswer } from '../../models/tasks/judge.ts';
import type { Outcome } from '../../solver/dispatch/types.ts';
import type { Backend } from '../../solver/documents/common.ts';

export interface Answer {
  readonly outcome: Outcome;
  /** From the scheduled arrival to now. */
  readonly latencyMs: number;
  /** Whole where the request completed. */
  readonly answer: ItemAnswer;
}

/** A batch that came back. */
export interface BatchRecord {
  readonly stage: string;
  readonly variant: string;
  readonly backend: Backend;
  readonly worker: string;
  readonly items: number;
  /** Of the executor's clock. */
  readonly startMs: number;
  /** From hand-over to the worker, or the end of the batch before it, until its results were taken in. */
  readonly serviceMs: number;
}

export interface ExecutorHooks {
  onBatch?(batch: BatchRecord): void;
  /** A worker was lost; an event tells why. */
  onLost?(worker: string): void;
  /** A worker was lost or replaced, a plan switched. */
  onEvent?(what: string): void;
}
