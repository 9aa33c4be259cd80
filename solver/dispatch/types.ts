import type { Plan } from '../documents/plan.ts';

/**
 * The queue policy of a pipeline as a state machine: no clock, no I/O. Whoever drives it says what happened and
 * when (milliseconds of one clock); {@link Dispatch.poll} answers with what to do. The executor drives it with
 * real workers, the simulator with sampled times.
 */

export interface DispatchStage {
  readonly name: string;
  /** A batch closes at this size… */
  readonly batch: number;
  /** …or when an item has waited this long for it, or, with `late` shedding, when the slack of its oldest ends. */
  readonly maxWaitMs: number;
  /** Expected time of a batch of `items`, whole round trip. */
  serviceMs(items: number): number;
}

/**
 * Runs one batch at a time, of any stage it holds. One that alone holds a stage, and no other, may be handed a full
 * batch while it runs another: it then goes on without waiting for us.
 */
export interface DispatchWorker {
  readonly id: string;
  /** Indices into the stages. */
  readonly stages: readonly number[];
}

export interface DispatchPolicy {
  readonly slaMs: number;
  readonly shedding: Plan['shedding'];
  readonly stages: readonly DispatchStage[];
}

/** One piece of work of a stage. A request is one item at the first stage that it is for. */
export interface Item {
  readonly id: number;
  readonly request: number;
  readonly stage: number;
  /** Item it came from and its place among that one's children; null where the request entered with it. */
  readonly parent: number | null;
  readonly index: number;
}

export type Outcome = 'completed' | 'shed' | 'failed';

export type Action =
  /** Run these items as one batch on that worker, then report `completed` or `failed`. */
  | {
      readonly kind: 'start';
      readonly batch: number;
      readonly stage: number;
      readonly worker: string;
      readonly items: readonly Item[];
    }
  /** The request has ended; told once for each. Its items still running come to nothing. */
  | { readonly kind: 'end'; readonly request: number; readonly outcome: Outcome };

export interface Dispatch {
  /**
   * A request enters, at its scheduled arrival; `nowMs` never goes back. Ids are the caller's and unique.
   * @param only the one stage that it is for, as an item of it; absent: it passes through all of them
   * @throws DuplicateRequestError
   */
  arrive(request: number, arrivalMs: number, only?: number): void;
  /**
   * A batch came back: how many children each of its items has (ignored after a request's last stage).
   * @throws BatchNotInFlightError, InvalidChildrenError
   */
  completed(batch: number, children: readonly number[], nowMs: number): void;
  /**
   * A batch failed while its worker lives: its items are tried again alone; one that fails alone fails its request.
   * @throws BatchNotInFlightError
   */
  failed(batch: number, nowMs: number): void;
  /**
   * A worker is gone: what was in flight on it goes back to its place in the queue. An item that was in flight on
   * two lost workers is tried once more, alone; the third loss fails its request.
   * @throws UnknownWorkerError also for one that has retired and finished
   */
  workerLost(worker: string, nowMs: number): void;
  /** @throws DuplicateWorkerError, UnknownStageError */
  workerAdded(worker: DispatchWorker): void;
  /**
   * No more batches to it; it is removed when it is idle.
   * @throws UnknownWorkerError
   */
  workerRetired(worker: string): void;
  /**
   * Another plan: batches closed from now on follow it. Same stages in the same order.
   * @throws StagesDifferError
   */
  setPolicy(policy: DispatchPolicy): void;
  /** What to do now, in this order. Call after every event and at {@link nextWakeMs}. */
  poll(nowMs: number): Action[];
  /** When to poll if nothing happens before, as of the last poll; undefined: only an event can change anything. */
  nextWakeMs(): number | undefined;
  /** Sheds every request that has not ended. What is in flight may still be reported and comes to nothing. */
  close(): Action[];
  /** Items waiting, per stage. */
  readonly queued: readonly number[];
  /** Requests that have not ended. */
  readonly open: number;
}
