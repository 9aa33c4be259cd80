import type { Plan } from '../documents/plan.ts';

/** One variant of a stage, with a queue of its own. */
export interface DispatchRow {
  readonly name: string;
  /** A batch closes when it has this many items. */
  readonly batch: number;
  /**
   * A batch closes when its oldest item has waited this long. If the policy sheds late requests, a batch also closes shortly
   * before it must start to make the SLA.
   */
  readonly maxWaitMs: number;
  /** Expected round-trip time of a batch with this many items. */
  serviceMs(items: number): number;
}

export interface DispatchStage extends DispatchRow {
  /**
   * The heavy variant of a cascade, for items that the stage's first variant is not sure of; absent if the stage has one variant.
   */
  readonly heavy?: DispatchRow & {
    /** Expected share of the stage's items that escalate to the heavy variant. */
    readonly share: number;
  };
  /**
   * A lighter variant, if any, that workers of the stage hold too, for bursts. It runs the stage's batches, so it has no queue.
   */
  readonly standby?: Pick<DispatchRow, 'serviceMs'>;
}

/**
 * A worker runs one batch at a time, of any row it holds. If a worker is the only one that holds a row, it may be handed a full
 * batch of that row while it runs another batch, so that it continues without a pause.
 */
export interface DispatchWorker {
  readonly id: string;
  /** Indices of the rows that the worker holds (`rows.ts`). Without cascades and standbys they are the indices of the stages. */
  readonly rows: readonly number[];
}

export interface DispatchPolicy {
  readonly slaMs: number;
  readonly shedding: Plan['shedding'];
  /** Whether lighter work replaces planned work that would make requests late (`downshift.ts`). */
  readonly downshift?: boolean;
  readonly stages: readonly DispatchStage[];
}

/** The unit of work of a stage. A request enters its first stage as one item. An item that escalates becomes a new item. */
export interface Item {
  readonly id: number;
  readonly request: number;
  /** Index of the item's row (`rows.ts`); without cascades, the index of its stage. */
  readonly row: number;
  /** Id of the item whose result this item came from; null for the item with which a request enters. */
  readonly parent: number | null;
  /** Position among the children of `parent`. */
  readonly index: number;
}

/** The consequence of an item whose light variant was not sure: the item escalates to the heavy variant. */
export interface Escalated {
  /** Number of items of the next stage if the light variant's answer is used after all, e.g. in a burst. */
  readonly otherwise: number;
}

/** The consequence of a completed item: this number of items of the next stage, or an escalation to the heavy variant. */
export type Follow = number | Escalated;

export type Outcome = 'completed' | 'shed' | 'failed';

export type Action =
  /** The driver must run these items as one batch on this worker, then report `completed` or `failed`. */
  | {
      readonly kind: 'start';
      readonly batch: number;
      /** Index of the row whose variant runs the batch: the row of the items' queue, or the row of their stage's standby. */
      readonly row: number;
      readonly worker: string;
      readonly items: readonly Item[];
      /** Time at which `items[0]`, whose request arrived first, came to its stage. */
      readonly enqueuedMs: number;
    }
  /** An item that waited for the heavy variant leaves its queue: the light variant's answer to the item's parent stands. */
  | {
      readonly kind: 'settle';
      readonly item: Item;
      /** Number of items of the next stage that follow. */
      readonly children: number;
    }
  /** The request has ended. Each request ends once; the dispatch ignores the results of items that still run. */
  | { readonly kind: 'end'; readonly request: number; readonly outcome: Outcome };

/** Counts of the requests of a load. */
export interface Served {
  /** Requests that have arrived but not ended. */
  readonly open: number;
  readonly ended: number;
  /** Requests that have ended and missed the SLA: completed late, shed or failed. */
  readonly missed: number;
}
