import { type Item, inGroups } from '../../models/items/item-batch.ts';
import type { StageItems } from '../../models/packs/labelled-items.ts';
import { type Random, seededRandom, shuffled } from '../../solver/math/random.ts';

/**
 * Draws a stage's batches from the pack's items as a run meets them: its requests come in random order, and the items of one
 * request come together. Each request is drawn once before any is drawn again, so the drawn sizes have the mix of the pack.
 * Batches are numbered, and equal seeds draw equal batches, so that all variants and backends are measured on the same batches.
 */
export class ItemDraw {
  readonly #requests: readonly (readonly Item[])[];
  readonly #random: Random;
  /** All items drawn so far, in order. */
  readonly #drawn: Item[] = [];

  /** @param items at least one */
  constructor({ items, requests }: StageItems, seed: number) {
    const counts = new Map<number, number>();
    for (const request of requests) counts.set(request, (counts.get(request) ?? 0) + 1);
    this.#requests = inGroups(items, [...counts.values()]);
    this.#random = seededRandom(seed);
  }

  /** The items of batch `index`, from 0, if every batch has `size` items. */
  batch(index: number, size: number): Item[] {
    const from = index * size;
    while (this.#drawn.length < from + size)
      for (const items of shuffled(this.#requests, this.#random)) this.#drawn.push(...items);
    return this.#drawn.slice(from, from + size);
  }
}
