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
  /** …or when its oldest item has waited this long, or when its slack ends. */
  readonly maxWaitMs: number;
  /** Expected time of a batch of `items`, whole round trip. */
  serviceMs(items: number): number;
}

/** Runs one batch at a time, of any stage it holds. */
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

/** One piece of work of a stage. A request is one item at the first stage. */
export interface Item {
  readonly id: number;
  readonly request: number;
  readonly stage: number;
  /** Item it came from and its place among that one's children; null at the first stage. */
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
  /** A request enters, at its scheduled arrival; `nowMs` never goes back. Ids are the caller's and unique. */
  arrive(request: number, arrivalMs: number): void;
  /** A batch came back: how many children each of its items has (ignored at the last stage). */
  completed(batch: number, children: readonly number[], nowMs: number): void;
  /** A batch failed while its worker lives: its items are tried again alone; one that fails alone fails its request. */
  failed(batch: number, nowMs: number): void;
  /** A worker is gone: what was in flight on it goes back to the head of its queue. A request whose items were in flight on three lost workers fails. */
  workerLost(worker: string, nowMs: number): void;
  workerAdded(worker: DispatchWorker): void;
  /** No more batches to it; it is removed when it is idle. */
  workerRetired(worker: string): void;
  /** Another plan: batches closed from now on follow it. Same stages in the same order. */
  setPolicy(policy: DispatchPolicy): void;
  /** What to do now. Call after every event and at {@link nextWakeMs}. */
  poll(nowMs: number): Action[];
  /** When to poll if nothing happens before; undefined: only an event can change anything. */
  nextWakeMs(): number | undefined;
  /** Sheds every request that has not ended. */
  close(): Action[];
  /** Items waiting, per stage. */
  readonly queued: readonly number[];
  /** Requests that have not ended. */
  readonly open: number;
}
