import { Heap } from './heap.ts';
import type { Item } from './types.ts';

/** An open request. */
export interface RequestState {
  readonly id: number;
  readonly arrivalMs: number;
  /** The stage after which it ends. */
  readonly last: number;
  /** Place in the order of entering; decides between requests that arrived at the same time. */
  readonly order: number;
  /** Its items that are waiting or in flight. */
  readonly entries: Set<Entry>;
  /** How many of its items are waiting. */
  waiting: number;
}

/** An item, and where it waits. */
export interface Entry {
  readonly item: Item;
  readonly request: RequestState;
  /** When it first came to its stage: an item that is put back keeps this time. */
  readonly enqueuedMs: number;
  /** Null while the item is in flight, and after its end. */
  queue: ItemQueue | null;
  /** Workers that were lost while they had the item. */
  losses: number;
}

const arrivedBefore = (a: Entry, b: Entry): boolean => {
  if (a.request === b.request) return a.item.id < b.item.id;
  if (a.request.arrivalMs !== b.request.arrivalMs) return a.request.arrivalMs < b.request.arrivalMs;
  return a.request.order < b.request.order;
};

/**
 * Items waiting for a stage, in the order in which their requests arrived. Items that leave out of order stay in the heaps until
 * they are on top, so every operation takes O(log n), amortised.
 */
export class ItemQueue {
  readonly stage: number;
  /** Whether each of its items runs in a batch of its own. */
  readonly solo: boolean;
  readonly #byArrival = new Heap<Entry>(arrivedBefore);
  /** Another order than that of arrivals: a request that arrived early may come to a later stage late. */
  readonly #byWait = new Heap<Entry>((a, b) => a.enqueuedMs < b.enqueuedMs);
  #size = 0;

  constructor(stage: number, solo: boolean) {
    this.stage = stage;
    this.solo = solo;
  }

  get size(): number {
    return this.#size;
  }

  push(entry: Entry): void {
    entry.queue = this;
    entry.request.waiting++;
    this.#size++;
    this.#byArrival.push(entry);
    this.#byWait.push(entry);
  }

  /** Removes an item. An item that was dropped, not taken by {@link take}, must not be pushed again. */
  drop(entry: Entry): void {
    entry.queue = null;
    entry.request.waiting--;
    this.#size--;
  }

  /** The item whose request arrived first. */
  head(): Entry | undefined {
    return this.#live(this.#byArrival);
  }

  /** When the item that has waited longest came; undefined where none waits. */
  oldestMs(): number | undefined {
    return this.#live(this.#byWait)?.enqueuedMs;
  }

  /** Removes up to `count` items, in order. */
  take(count: number): Entry[] {
    const taken: Entry[] = [];
    while (taken.length < count) {
      const entry = this.head();
      if (entry === undefined) break;
      this.#byArrival.pop();
      this.drop(entry);
      taken.push(entry);
    }
    this.#live(this.#byWait); // Without this the heap only grows while all batches are full.
    return taken;
  }

  /** The top of a heap, after items that no longer wait here were popped. */
  #live(heap: Heap<Entry>): Entry | undefined {
    let top = heap.peek();
    while (top !== undefined && top.queue !== this) {
      heap.pop();
      top = heap.peek();
    }
    return top;
  }
}
