import { BatchNotInFlightError, InvalidChildrenError } from './errors.ts';
import type { Entry } from './queue.ts';
import { stageOf } from './rows.ts';
import type { Follow } from './types.ts';
import type { BatchState, WorkerState, Workers } from './workers.ts';

/** The batches in flight: those that workers run, and those that workers were handed in advance. */
export class Batches {
  readonly #inFlight = new Map<number, BatchState>();
  #started = 0;

  constructor(private readonly workers: Workers) {}

  values(): Iterable<BatchState> {
    return this.#inFlight.values();
  }

  /** Hands a batch to a worker. @param row the row whose variant runs the items */
  start(entries: readonly Entry[], row: number, worker: WorkerState, nowMs: number): BatchState {
    const startMs = worker.batch === null ? nowMs : Number.POSITIVE_INFINITY;
    const batch: BatchState = { id: this.#started++, row, worker, entries, startMs };
    this.#inFlight.set(batch.id, batch);
    if (worker.batch === null) worker.batch = batch;
    else worker.ahead = batch;
    worker.lastBatch = batch.id;
    return batch;
  }

  /**
   * Ends a batch that completed.
   * @param follows one {@link Follow} for each item of the batch
   * @param stages number of stages
   * @throws BatchNotInFlightError, InvalidChildrenError
   */
  completed(id: number, follows: readonly Follow[], stages: number, nowMs: number): BatchState {
    const batch = this.#known(id);
    const stage = stageOf(batch.row, stages);
    const last = stage === stages - 1;
    if (!(last && follows.length === 0) && !isFollowedBy(batch, follows, batch.row === stage))
      throw new InvalidChildrenError(id, batch.entries.length, follows);
    return this.ended(id, nowMs);
  }

  /** Ends a batch. If its worker was handed another batch in advance, that batch begins. @throws BatchNotInFlightError */
  ended(id: number, nowMs: number): BatchState {
    const batch = this.#known(id);
    const { worker } = batch;
    this.#inFlight.delete(id);
    if (worker.batch === batch) worker.batch = worker.ahead;
    worker.ahead = null;
    if (worker.batch) worker.batch.startMs = Math.min(worker.batch.startMs, nowMs);
    if (worker.retired && worker.batch === null) this.workers.remove(worker);
    return batch;
  }

  /** Ends a batch whose worker was lost. */
  lost({ id }: BatchState): void {
    this.#inFlight.delete(id);
  }

  #known(id: number): BatchState {
    const batch = this.#inFlight.get(id);
    if (batch === undefined) throw new BatchNotInFlightError(id);
    return batch;
  }
}

/**
 * Whether each item of a batch has a valid follow.
 * @param light whether the batch's variant is the first of its stage, whose items may escalate
 */
const isFollowedBy = (batch: BatchState, follows: readonly Follow[], light: boolean): boolean =>
  follows.length === batch.entries.length &&
  follows.every((follow) => {
    const children = typeof follow === 'number' ? follow : follow.otherwise;
    return (typeof follow === 'number' || light) && Number.isInteger(children) && children >= 0;
  });
