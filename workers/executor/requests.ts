import { batchOf, type Item, type ItemBatch, inGroups, itemsOf } from '../../models/items/item-batch.ts';
import { childrenOf, type Pipeline, type PipelineStage } from '../../models/manifests/pipeline.ts';
import { isUnsure } from '../../models/tasks/confidence.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import { stageOf } from '../../solver/dispatch/rows.ts';
import type { Follow, Item as QueuedItem } from '../../solver/dispatch/types.ts';
import type { KeptItems, StageRun } from '../stage/protocol.ts';
import type { RequestAnswer } from './types.ts';

/** The answer of an open request, to which {@link Requests} adds the results. */
interface GrowingAnswer {
  result: StageResult | null;
  escalated?: boolean;
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
  /** Numbers of items that the worker keeps but no batch will run. The executor sends them to the worker and empties the list. */
  readonly forget: number[];
}

/**
 * An item that a variant has completed, with its part of the answer and its children. The children of an item that escalates are
 * the item itself, for the heavy variant; those of any other item are items of the next stage.
 */
interface Done {
  readonly item: QueuedItem;
  readonly answer: GrowingAnswer;
  escalates: boolean;
  /** Undefined if a worker keeps the children or the item escalates. `#itemOf` makes them if a batch needs their bytes. */
  children: readonly Item[] | undefined;
  /**
   * The worker that keeps the children, and by each child's index the number under which the worker keeps that child until it
   * runs. Undefined if no worker keeps them.
   */
  kept: { readonly keeper: Keeper; readonly numbers: Map<number, number> } | undefined;
}

const emptyAnswers = (count: number): GrowingAnswer[] =>
  Array.from({ length: count }, () => ({ result: null, children: [] }));

/**
 * Keeps the items of the open requests, and collects their answers stage by stage. If a worker keeps the items between two of
 * its stages but another worker must run them, they are made again from the request's input and the results.
 */
export class Requests {
  readonly #open = new Map<number, Request>();
  readonly #done = new Map<number, Done>();
  #next = 0;

  constructor(private readonly pipeline: Pipeline) {}

  /** Opens a request. @param input the item of the request's first stage; each try copies the item and leaves it unchanged */
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

  /** The batch to send to a worker: the items' numbers if the worker keeps all of the items, otherwise their bytes. */
  batchFor(worker: Keeper, items: readonly QueuedItem[]): ItemBatch | KeptItems {
    const kept = items.flatMap((item) => this.#takeKept(worker, item) ?? []);
    if (kept.length === items.length) return { kept };
    worker.forget.push(...kept);
    return this.batchOf(items);
  }

  /**
   * Adds the results of a batch to the answers, and keeps the items' children until their request ends.
   * @param below an item escalates if its confidence is below this; undefined: no item escalates
   * @returns for each item, the number of its children, or that it escalates
   */
  addResults(
    worker: Keeper,
    items: readonly QueuedItem[],
    { results, children, childCounts, own }: StageRun<ItemBatch | KeptItems>,
    below: number | undefined,
  ): Follow[] {
    const kept = 'kept' in children;
    const numbersOf = inGroups(kept ? children.kept : [], childCounts);
    const bytesOf = inGroups(kept ? [] : itemsOf(children), childCounts);
    return items.map((item, i): Follow => {
      const numbers = numbersOf[i] ?? [];
      const itself = own ? [own.kept[i]!] : [];
      const result = results[i]!;
      const count = childCounts[i] ?? 0;
      const escalates = below !== undefined && isUnsure(this.#stageOf(item), result, below);
      const request = this.#open.get(item.request);
      if (!request) {
        worker.forget.push(...numbers, ...itself); // the request has been shed or has failed
        return escalates ? { otherwise: count } : count;
      }
      worker.forget.push(...(escalates ? numbers : itself));
      const answer = this.#answerOf(item, request);
      answer.result = result;
      if (escalates) answer.escalated = true;
      else answer.children = emptyAnswers(count);
      const numbered = escalates ? itself : numbers;
      const keeps = escalates ? own !== undefined : kept;
      this.#done.set(item.id, {
        item,
        answer,
        escalates,
        children: kept || escalates ? undefined : (bytesOf[i] ?? []),
        kept: keeps ? { keeper: worker, numbers: new Map(numbered.entries()) } : undefined,
      });
      request.items.push(item.id);
      return escalates ? { otherwise: count } : count;
    });
  }

  /**
   * Makes the light variant's answer final for an item that waited for the heavy variant.
   * @param count number of children that follow from the light variant's answer
   */
  settle({ parent }: QueuedItem, count: number): void {
    const done = this.#done.get(parent!)!;
    done.kept?.keeper.forget.push(...done.kept.numbers.values());
    done.kept = undefined;
    done.escalates = false;
    done.children = undefined; // If the children run, `#itemOf` makes them from the result.
    done.answer.children = emptyAnswers(count);
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

  /** Takes out the number under which the worker keeps an item, because the item runs now. Undefined if the item is not kept. */
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
      const own = this.#itemOf(done.item);
      const stage = this.#stageOf(done.item);
      done.children = done.escalates
        ? [own]
        : childrenOf(stage, stage.next!.format, own, done.answer.result!);
    }
    return done.children[index]!;
  }

  #stageOf({ row }: QueuedItem): PipelineStage {
    const { stages } = this.pipeline;
    return stages[stageOf(row, stages.length)]!;
  }

  #answerOf({ parent, index }: QueuedItem, request: Request): GrowingAnswer {
    if (parent === null) return request.answer;
    const { answer, escalates } = this.#done.get(parent)!;
    return escalates ? answer : answer.children[index]!;
  }
}
