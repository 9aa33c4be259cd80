import { batchOf, type Item, type ItemBatch, inGroups, itemsOf } from '../../models/items/item-batch.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { Item as QueuedItem } from '../../solver/dispatch/types.ts';
import type { StageRun } from '../stage/protocol.ts';
import type { Answer } from './types.ts';

/** An answer that grows while its request runs. */
interface GrowingAnswer {
  result: StageResult | null;
  children: GrowingAnswer[];
}

interface Request {
  readonly arrivalMs: number;
  readonly input: Item;
  readonly answer: GrowingAnswer;
  /** Ids of its items that may still have children to hand out. */
  readonly items: number[];
  resolve(answer: Answer): void;
}

/** An item that came back: where its answer stands, and the items that it gives the next stage. */
interface Done {
  readonly answer: GrowingAnswer;
  readonly children: readonly Item[];
}

/** The items of open requests, and their answers, which grow stage by stage. */
export class Requests {
  readonly #open = new Map<number, Request>();
  readonly #done = new Map<number, Done>();
  #next = 0;

  /** @param input item of the first stage; it is copied for each try, never taken */
  enter(input: Item, arrivalMs: number): { id: number; answer: Promise<Answer> } {
    const id = this.#next++;
    const answer = new Promise<Answer>((resolve) => {
      const empty: GrowingAnswer = { result: null, children: [] };
      this.#open.set(id, { arrivalMs, input, answer: empty, items: [], resolve });
    });
    return { id, answer };
  }

  /** Queued items as one batch. */
  gather(items: readonly QueuedItem[]): ItemBatch {
    return batchOf(items.map((item) => this.#itemOf(item)));
  }

  /** Adds a batch's results to the answers, and keeps the items for the next stage until they are run. */
  takeIn(items: readonly QueuedItem[], { results, children, childCounts }: StageRun): void {
    const childrenOf = inGroups(itemsOf(children), childCounts);
    items.forEach((item, i) => {
      const own = childrenOf[i] ?? [];
      const request = this.#open.get(item.request);
      if (!request) return; // ended meanwhile: shed or failed
      const answer = this.#answerOf(item, request);
      answer.result = results[i]!;
      answer.children = own.map(() => ({ result: null, children: [] }));
      this.#done.set(item.id, { answer, children: own });
      request.items.push(item.id);
    });
  }

  end(id: number, outcome: Answer['outcome']): void {
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
