import { joinItems } from '../../models/tasks/items.ts';
import type { ItemBatch } from '../../models/tasks/task.ts';
import type { Item } from '../../solver/dispatch/types.ts';
import type { StageRun } from '../stage/protocol.ts';
import type { Answer, ItemAnswer } from './types.ts';

interface Request {
  readonly arrivalMs: number;
  readonly input: Uint8Array<ArrayBuffer>;
  readonly answer: ItemAnswer;
  /** Ids of its items that may still have children to hand out. */
  readonly items: number[];
  resolve(answer: Answer): void;
}

/** An item that came back: where its answer stands, and the pixels of its children. */
interface Done {
  readonly answer: ItemAnswer;
  readonly children: readonly Uint8Array<ArrayBuffer>[];
}

/** What requests bring and what has come of them: pixels by item, and answers that grow stage by stage. */
export class Requests {
  readonly #open = new Map<number, Request>();
  readonly #done = new Map<number, Done>();
  #next = 0;

  /** @param input pixels of one item of its first stage; they are copied for each try, never taken */
  enter(input: Uint8Array<ArrayBuffer>, arrivalMs: number): { id: number; answer: Promise<Answer> } {
    const id = this.#next++;
    const answer = new Promise<Answer>((resolve) => {
      const empty: ItemAnswer = { result: null, children: [] };
      this.#open.set(id, { arrivalMs, input, answer: empty, items: [], resolve });
    });
    return { id, answer };
  }

  /** The pixels of items as one batch. */
  gather(items: readonly Item[]): ItemBatch {
    return joinItems(items.map((item) => ({ count: 1, pixels: this.#pixels(item) })));
  }

  /** Puts a batch's results where they belong and keeps the children's pixels until they are run. */
  takeIn(items: readonly Item[], { results, children, childCounts }: StageRun): void {
    const size = children.count ? children.pixels.length / children.count : 0;
    let offset = 0;
    items.forEach((item, i) => {
      const count = childCounts[i] ?? 0;
      const pixels = Array.from({ length: count }, (_, c) =>
        children.pixels.subarray(offset + c * size, offset + (c + 1) * size),
      );
      offset += count * size;
      const request = this.#open.get(item.request);
      if (!request) return; // ended meanwhile: shed or failed
      const answer = this.#answerOf(item, request);
      answer.result = results[i]!;
      answer.children = pixels.map(() => ({ result: null, children: [] }));
      this.#done.set(item.id, { answer, children: pixels });
      request.items.push(item.id);
    });
  }

  end(id: number, outcome: Answer['outcome']): void {
    const request = this.#open.get(id)!;
    this.#open.delete(id);
    for (const item of request.items) this.#done.delete(item);
    request.resolve({ outcome, latencyMs: performance.now() - request.arrivalMs, answer: request.answer });
  }

  #pixels({ request, parent, index }: Item): Uint8Array<ArrayBuffer> {
    return parent === null ? this.#open.get(request)!.input : this.#done.get(parent)!.children[index]!;
  }

  #answerOf({ parent, index }: Item, request: Request): ItemAnswer {
    return parent === null ? request.answer : this.#done.get(parent)!.answer.children[index]!;
  }
}
