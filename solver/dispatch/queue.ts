import { Heap } from './heap.ts';
import type { Item } from './types.ts';

/** A request that has entered. */
export interface RequestState {
  readonly id: number;
  readonly arrivalMs: number;
  /** The stage after which it has ended. */
  readonly last: number;
  /** Breaks ties of arrivals: the place in the order of entering. */
  readonly order: number;
  /** Its items that are waiting or in flight. */
  readonly entries: Set<Entry>;
  /** Of those, how many are waiting. */
  waiting: number;
}

/** An item and where it stands. */
export interface Entry {
  readonly item: Item;
  readonly request: RequestState;
  /** When it first came to this stage; what is put back has not come anew. */
  readonly enqueuedMs: number;
  /** Where it waits; null while it is in flight and after its end. */
  queue: ItemQueue | null;
  /** Workers that were lost with it. */
  losses: number;
}

const arrivedBefore = (a: Entry, b: Entry): boolean => {
  if (a.request === b.request) return a.item.id < b.item.id;
  if (a.request.arrivalMs !== b.request.arrivalMs) return a.request.arrivalMs < b.request.arrivalMs;
  return a.request.order < b.request.order;
};

/**
 * Items waiting for a stage, in the order in which their requests arrived. What leaves out of turn stays in the
 * heaps until it surfaces, so every operation takes O(log n), amortised.
 */
export class ItemQueue {
  readonly stage: number;
  /** Whether its items run alone. */
  readonly solo: boolean;
  readonly #byArrival = new Heap<Entry>(arrivedBefore);
  /** Not the same order: a request that arrived early may come late to a later stage. */
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

  /** Takes out one that waits here. It may not be pushed here again unless {@link take} took it. */
  drop(entry: Entry): void {
    entry.queue = null;
    entry.request.waiting--;
    this.#size--;
  }

  /** The one whose request arrived first. */
  head(): Entry | undefined {
    return this.#live(this.#byArrival);
  }

  /** When the one that has waited longest came; undefined where none waits. */
  oldestMs(): number | undefined {
    return this.#live(this.#byWait)?.enqueuedMs;
  }

  /** Takes up to `count` in order. */
  take(count: number): Entry[] {
    const taken: Entry[] = [];
    while (taken.length < count) {
      const entry = this.head();
      if (entry === undefined) break;
      this.#byArrival.pop();
      this.drop(entry);
      taken.push(entry);
    }
    this.#live(this.#byWait); // Or it would only grow while batches are always full.
    return taken;
  }

  /** The top of a heap, once those that no longer wait here are off it. */
  #live(heap: Heap<Entry>): Entry | undefined {
    let top = heap.peek();
    while (top !== undefined && top.queue !== this) {
      heap.pop();
      top = heap.peek();
    }
    return top;
  }
}
