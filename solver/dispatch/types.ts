import type { Plan } from '../documents/plan.ts';

export interface DispatchStage {
  readonly name: string;
  /** The number of items at which a batch closes. */
  readonly batch: number;
  /** The wait of its oldest item at which a batch closes. Where late requests are shed, it closes when their slack ends, too. */
  readonly maxWaitMs: number;
  /** Expected round trip of a batch of `items`. */
  serviceMs(items: number): number;
}

/**
 * Runs one batch at a time, of any stage it holds. The only worker that holds a stage may be handed a full batch of that stage
 * while it runs another, so that it goes on without a pause.
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

/** One piece of work of a stage. A request enters its first stage as one item. */
export interface Item {
  readonly id: number;
  readonly request: number;
  readonly stage: number;
  /** The item that it is a child of; null for the item with which a request enters. */
  readonly parent: number | null;
  /** Its place among the children of `parent`. */
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
  /** The request has ended: once for each request. Results of its items that still run are ignored. */
  | { readonly kind: 'end'; readonly request: number; readonly outcome: Outcome };

/**
 * The queue policy of a pipeline, as a state machine without a clock and without I/O. Its driver tells it what happened and when
 * (in milliseconds of one clock), and {@link Dispatch.poll} answers what to do. The executor drives it with real workers, the
 * simulator with sampled times.
 */
export interface Dispatch {
  /**
   * A request enters, at its scheduled arrival. The caller chooses ids; open requests have different ones.
   * @param singleStage the one stage that the request is for, of which it is one item; absent: it passes through all stages
   * @throws DuplicateRequestError
   */
  arrive(request: number, arrivalMs: number, singleStage?: number): void;
  /**
   * A batch completed. @param children how many children each item has; ignored after the last stage of its request
   * @throws BatchNotInFlightError, InvalidChildrenError
   */
  completed(batch: number, children: readonly number[], nowMs: number): void;
  /**
   * A batch failed, and its worker lives. Each of its items is tried again alone; an item that fails alone fails its request.
   * @throws BatchNotInFlightError
   */
  failed(batch: number, nowMs: number): void;
  /**
   * A worker was lost. Items in flight on it go back to their places in the queue. After a second loss an item is tried once
   * more, alone; the third loss fails its request.
   * @throws UnknownWorkerError also for a worker that has retired and finished
   */
  workerLost(worker: string, nowMs: number): void;
  /** @throws DuplicateWorkerError, UnknownStageError */
  workerAdded(worker: DispatchWorker): void;
  /**
   * The worker gets no more batches, and is removed when it is idle.
   * @throws UnknownWorkerError
   */
  workerRetired(worker: string): void;
  /**
   * Changes the policy for all batches that close from now on. The stages and their order stay the same.
   * @throws StagesDifferError
   */
  setPolicy(policy: DispatchPolicy): void;
  /** What to do now, in order. To be called after every event, and at {@link nextWakeMs}. `nowMs` never goes back. */
  poll(nowMs: number): Action[];
  /** When to poll next if nothing happens before; undefined: only an event can change anything. */
  nextWakeMs(): number | undefined;
  /** Sheds every open request. Batches in flight may still be reported; their results are ignored. */
  close(): Action[];
  /** Number of waiting items of each stage. */
  readonly queued: readonly number[];
  /** Number of open requests. */
  readonly open: number;
}
