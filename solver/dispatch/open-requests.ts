import { DuplicateRequestError } from './errors.ts';
import type { Entry, RequestState } from './queue.ts';
import type { Queues } from './queues.ts';
import type { Escalated, Item, Outcome, Served } from './types.ts';

/** The open requests, from their entry over their items to their end, and counts of all requests. */
export class OpenRequests {
  readonly #byId = new Map<number, RequestState>();
  #entered = 0;
  #items = 0;
  #inTime = 0;

  /** @param onEnd called when a request has ended */
  constructor(
    private readonly queues: Queues,
    private readonly onEnd: (id: number, outcome: Outcome) => void,
  ) {}

  get size(): number {
    return this.#byId.size;
  }

  get served(): Served {
    const ended = this.#entered - this.size;
    return { open: this.size, ended, missed: ended - this.#inTime };
  }

  /** Makes a request without items. @param last the stage after which it ends @throws DuplicateRequestError */
  open(id: number, arrivalMs: number, last: number): RequestState {
    if (this.#byId.has(id)) throw new DuplicateRequestError(id);
    const request: RequestState = {
      id,
      arrivalMs,
      last,
      order: this.#entered++,
      entries: new Set(),
      waiting: 0,
      waitedMs: 0,
      hurried: false,
    };
    this.#byId.set(id, request);
    return request;
  }

  /**
   * Lets a new item of a request wait for a row.
   * @param escalated set if the row is a heavy variant's
   */
  enter(
    request: RequestState,
    { row, parent, index }: Pick<Item, 'row' | 'parent' | 'index'>,
    nowMs: number,
    escalated?: Escalated,
  ): void {
    const item: Item = { id: this.#items++, request: request.id, row, parent, index };
    const entry: Entry = { item, request, escalated, enqueuedMs: nowMs, queue: null, losses: 0 };
    request.entries.add(entry);
    this.queues.push(row, entry);
  }

  /** @param inTime whether the request kept the SLA */
  complete(request: RequestState, inTime: boolean): void {
    if (inTime) this.#inTime++;
    this.end(request, 'completed');
  }

  end(request: RequestState, outcome: Outcome): void {
    for (const entry of request.entries) entry.queue?.drop(entry);
    request.entries.clear();
    this.#byId.delete(request.id);
    this.onEnd(request.id, outcome);
  }

  shedAll(): void {
    for (const request of [...this.#byId.values()]) this.end(request, 'shed');
  }
}
