import { batchOf, type Item, type ItemBatch, inGroups, itemsOf } from '../../models/items/item-batch.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { Item as QueuedItem } from '../../solver/dispatch/types.ts';
import type { StageRun } from '../stage/protocol.ts';
import type { RequestAnswer } from './types.ts';

/** An answer that gets results while its request runs. */
interface GrowingAnswer {
  result: StageResult | null;
  children: GrowingAnswer[];
}

interface Request {
  readonly arrivalMs: number;
  readonly input: Item;
  readonly answer: GrowingAnswer;
  /** Ids of the request's items with an entry in `#done`. */
  readonly items: number[];
  resolve(answer: RequestAnswer): void;
}

/** An item that a stage has completed: its part of the answer, and the next stage's items that follow from it. */
interface Done {
  readonly answer: GrowingAnswer;
  readonly children: readonly Item[];
}

/** Keeps the items of the open requests, and collects their answers stage by stage. */
export class Requests {
  readonly #open = new Map<number, Request>();
  readonly #done = new Map<number, Done>();
  #next = 0;

  /** Opens a request. @param input item of the first stage; each try copies the item and leaves it unchanged */
  enter(input: Item, arrivalMs: number): { id: number; answer: Promise<RequestAnswer> } {
    const id = this.#next++;
    const answer = new Promise<RequestAnswer>((resolve) => {
      const empty: GrowingAnswer = { result: null, children: [] };
      this.#open.set(id, { arrivalMs, input, answer: empty, items: [], resolve });
    });
    return { id, answer };
  }

  /** Copies the bytes of queued items into one batch. */
  batchOf(items: readonly QueuedItem[]): ItemBatch {
    return batchOf(items.map((item) => this.#itemOf(item)));
  }

  /** Adds the results of a batch to the answers, and keeps the next stage's items until their request ends. */
  addResults(items: readonly QueuedItem[], { results, children, childCounts }: StageRun): void {
    const childrenOf = inGroups(itemsOf(children), childCounts);
    items.forEach((item, i) => {
      const own = childrenOf[i] ?? [];
      const request = this.#open.get(item.request);
      if (!request) return; // the request has been shed or has failed
      const answer = this.#answerOf(item, request);
      answer.result = results[i]!;
      answer.children = own.map(() => ({ result: null, children: [] }));
      this.#done.set(item.id, { answer, children: own });
      request.items.push(item.id);
    });
  }

  /** Closes a request and resolves its answer. */
  end(id: number, outcome: RequestAnswer['outcome']): void {
    const request = this.#open.get(id)!;
    this.#open.delete(id);
    for (const item of request.items) this.#done.delete(item);
    request.resolve({ outcome, latencyMs: performance.now() - request.arrivalMs, answer: request.answer });
  }

  #itemOf({ request, parent, index }: QueuedItem): Item {
    return parent === null ? this.#open.get(request)!.input : this.#done.get(parent)!.children[index]!;
  }

  #answerOf({ parent, index }: QueuedItem, request: Request): GrowingAnswer {
    return parent === null ? request.answer : this.#done.get(parent)!.answer.children[index]!;
  }
}
