import { Heap } from './heap.ts';
import type { Escalated, Item } from './types.ts';

/** A request that has entered the dispatch and has not ended. */
export interface RequestState {
  readonly id: number;
  readonly arrivalMs: number;
  /** Index of the stage after which the request ends. */
  readonly last: number;
  /** Position in the order in which requests entered. It decides between requests that arrived at the same time. */
  readonly order: number;
  /** The request's items that are waiting or in flight. */
  readonly entries: Set<Entry>;
  /** Number of the request's items that are waiting. */
  waiting: number;
  /** How long the request waited until its first batch; 0 before that batch starts. */
  waitedMs: number;
  /** Whether lighter work than planned made up for the wait in `waitedMs` (`downshift.ts`). */
  hurried: boolean;
}

/** An item with its request and its queue. */
export interface Entry {
  readonly item: Item;
  readonly request: RequestState;
  /** The item's escalation; undefined unless the item waits for, or runs in, a heavy variant. */
  readonly escalated: Escalated | undefined;
  /** Time at which the item first came to its stage. An item that is put back into a queue keeps this time. */
  readonly enqueuedMs: number;
  /** The queue in which the item waits; null while the item is in flight, and after its end. */
  queue: ItemQueue | null;
  /** Number of workers that were lost while they ran the item. */
  losses: number;
}

const arrivedBefore = (a: Entry, b: Entry): boolean => {
  if (a.request === b.request) return a.item.id < b.item.id;
  if (a.request.arrivalMs !== b.request.arrivalMs) return a.request.arrivalMs < b.request.arrivalMs;
  return a.request.order < b.request.order;
};

/**
 * Items that wait for a row, in the order in which their requests arrived. An item that leaves out of order stays in the
 * heaps until it reaches their top, so every operation takes O(log n), amortised.
 */
export class ItemQueue {
  readonly #byArrival = new Heap<Entry>(arrivedBefore);
  /** Items by the time at which they came to the stage: a request that arrived early may come to a later stage late. */
  readonly #byWait = new Heap<Entry>((a, b) => a.enqueuedMs < b.enqueuedMs);
  #size = 0;
  #newest: RequestState | undefined;

  /** @param solo whether each item of the queue runs in a batch of its own */
  constructor(
    readonly row: number,
    readonly solo: boolean,
  ) {}

  get size(): number {
    return this.#size;
  }

  /**
   * Of the requests whose items were pushed since the queue was last empty, the one that arrived last. Its items may have left
   * the queue. Undefined while the queue is empty.
   */
  get newest(): RequestState | undefined {
    return this.#size > 0 ? this.#newest : undefined;
  }

  push(entry: Entry): void {
    entry.queue = this;
    const { newest } = this;
    if (!newest || newest.arrivalMs < entry.request.arrivalMs) this.#newest = entry.request;
    entry.request.waiting++;
    this.#size++;
    this.#byArrival.push(entry);
    this.#byWait.push(entry);
  }

  /** Removes an item. An item dropped without {@link take} must not be pushed again, because the heaps still hold it. */
  drop(entry: Entry): void {
    entry.queue = null;
    entry.request.waiting--;
    this.#size--;
    this.#uncover(this.#byArrival);
    this.#uncover(this.#byWait);
  }

  /** The waiting item whose request arrived first. */
  head(): Entry | undefined {
    return this.#byArrival.peek();
  }

  /** Time at which the longest-waiting item came; undefined if no item waits. */
  oldestMs(): number | undefined {
    return this.#byWait.peek()?.enqueuedMs;
  }

  /** Removes and returns up to `count` items, those whose requests arrived first. */
  take(count: number): Entry[] {
    const taken: Entry[] = [];
    while (taken.length < count) {
      const entry = this.head();
      if (entry === undefined) break;
      this.drop(entry);
      taken.push(entry);
    }
    return taken;
  }

  /** Pops the items that no longer wait in this queue, until one that waits is at the top. */
  #uncover(heap: Heap<Entry>): void {
    for (let top = heap.peek(); top !== undefined && top.queue !== this; top = heap.peek()) heap.pop();
  }
}
