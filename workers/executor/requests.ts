import { batchOf, type Item, type ItemBatch, inGroups, itemsOf } from '../../models/items/item-batch.ts';
import { childrenOf, type Pipeline } from '../../models/manifests/pipeline.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { Item as QueuedItem } from '../../solver/dispatch/types.ts';
import type { KeptItems, StageRun } from '../stage/protocol.ts';
import type { RequestAnswer } from './types.ts';

/** An answer to which results are added while its request runs. */
interface GrowingAnswer {
  result: StageResult | null;
  children: GrowingAnswer[];
}

interface Request {
  readonly arrivalMs: number;
  readonly input: Item;
  readonly answer: GrowingAnswer;
  /** Ids of the request's items that have an entry in `#done`. */
  readonly items: number[];
  resolve(answer: RequestAnswer): void;
}

/** A worker that keeps items between its stages. */
export interface Keeper {
  /** Numbers of items that the worker keeps although no batch runs them. The caller that tells the worker empties the list. */
  readonly forget: number[];
}

/** An item that a stage has completed, with its part of the answer and the next stage's items that follow from it. */
interface Done {
  readonly item: QueuedItem;
  readonly answer: GrowingAnswer;
  /** Undefined while only the keeper has the children. */
  children: readonly Item[] | undefined;
  /** The worker that keeps the children, and each child's number until that child runs. */
  readonly kept: { readonly keeper: Keeper; readonly numbers: Map<number, number> } | undefined;
}

/**
 * Keeps the items of the open requests, and collects their answers stage by stage. If a worker keeps the items between two of
 * its stages but another worker must run them, they are made again from the request's input and the results.
 */
export class Requests {
  readonly #open = new Map<number, Request>();
  readonly #done = new Map<number, Done>();
  #next = 0;

  constructor(private readonly pipeline: Pipeline) {}

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

  /** Queued items for a worker: by their numbers if it keeps all of them, otherwise as bytes. */
  batchFor(worker: Keeper, items: readonly QueuedItem[]): ItemBatch | KeptItems {
    const kept = items.flatMap((item) => this.#takeKept(worker, item) ?? []);
    if (kept.length === items.length) return { kept };
    worker.forget.push(...kept);
    return this.batchOf(items);
  }

  /** Adds the results of a batch to the answers, and holds on to the next stage's items until their request ends. */
  addResults(
    worker: Keeper,
    items: readonly QueuedItem[],
    { results, children, childCounts }: StageRun<ItemBatch | KeptItems>,
  ): void {
    const kept = 'kept' in children;
    const numbersOf = inGroups(kept ? children.kept : [], childCounts);
    const bytesOf = inGroups(kept ? [] : itemsOf(children), childCounts);
    items.forEach((item, i) => {
      const numbers = numbersOf[i] ?? [];
      const request = this.#open.get(item.request);
      if (!request) {
        worker.forget.push(...numbers); // the request has been shed or has failed
        return;
      }
      const answer = this.#answerOf(item, request);
      answer.result = results[i]!;
      answer.children = Array.from({ length: childCounts[i] ?? 0 }, () => ({ result: null, children: [] }));
      this.#done.set(item.id, {
        item,
        answer,
        children: kept ? undefined : (bytesOf[i] ?? []),
        kept: kept ? { keeper: worker, numbers: new Map(numbers.entries()) } : undefined,
      });
      request.items.push(item.id);
    });
  }

  /** Closes a request and resolves its answer. */
  end(id: number, outcome: RequestAnswer['outcome']): void {
    const request = this.#open.get(id)!;
    this.#open.delete(id);
    for (const item of request.items) {
      const { kept } = this.#done.get(item)!;
      kept?.keeper.forget.push(...kept.numbers.values());
      this.#done.delete(item);
    }
    request.resolve({ outcome, latencyMs: performance.now() - request.arrivalMs, answer: request.answer });
  }

  /** The number under which the worker keeps an item; undefined if it does not. The item counts as run from now on. */
  #takeKept(worker: Keeper, { parent, index }: QueuedItem): number | undefined {
    const kept = parent === null ? undefined : this.#done.get(parent)!.kept;
    if (kept?.keeper !== worker) return undefined;
    const number = kept.numbers.get(index);
    kept.numbers.delete(index);
    return number;
  }

  #itemOf({ request, parent, index }: QueuedItem): Item {
    if (parent === null) return this.#open.get(request)!.input;
    const done = this.#done.get(parent)!;
    if (!done.children) {
      const stage = this.pipeline.stages[done.item.stage]!;
      done.children = childrenOf(stage, stage.next!.format, this.#itemOf(done.item), done.answer.result!);
    }
    return done.children[index]!;
  }

  #answerOf({ parent, index }: QueuedItem, request: Request): GrowingAnswer {
    return parent === null ? request.answer : this.#done.get(parent)!.answer.children[index]!;
  }
}
