import assert from 'node:assert/strict';
import type { Item } from '../../../solver/dispatch/types.ts';

export interface ModelItem {
  readonly request: number;
  /** Index of the row that the item was made for. */
  readonly stage: number;
  readonly parent: number | null;
  readonly index: number;
  readonly otherwise: number;
  readonly enqueuedMs: number;
  /** Index of the row that the item waits for: its own, or the only one of its stage once the policy has no such row. */
  row: number;
  solo: boolean;
  losses: number;
  /** The item's number in the dispatch, which is known once a batch with the item has started. */
  id: number | null;
}

/** The items that wait, in one list. */
export class ModelWaiting {
  #items: ModelItem[] = [];
  readonly #done = new Set<number>();

  push(item: ModelItem): void {
    this.#items.push(item);
  }

  of(row: number): ModelItem[] {
    return this.#items.filter((item) => item.row === row);
  }

  /** Removes the item that the dispatch names. The item must wait here, and must not have been answered. */
  take(item: Item): ModelItem {
    const at = this.#items.findIndex(
      (waiting) =>
        waiting.request === item.request &&
        waiting.stage === item.row &&
        waiting.parent === item.parent &&
        waiting.index === item.index,
    );
    assert.ok(at >= 0, `item ${item.id} was not waiting`);
    const [taken] = this.#items.splice(at, 1);
    assert.ok(taken!.id === null || taken!.id === item.id);
    assert.ok(!this.#done.has(item.id));
    taken!.id = item.id;
    return taken!;
  }

  answered(id: number): void {
    this.#done.add(id);
  }

  drop(request: number): void {
    this.#items = this.#items.filter((item) => item.request !== request);
  }

  /** Moves items to other rows. @param row returns an item's new row, given its present one */
  move(row: (of: number) => number): void {
    for (const item of this.#items) item.row = row(item.row);
  }
}
