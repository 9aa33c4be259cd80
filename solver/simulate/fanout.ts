import type { Item } from '../dispatch/types.ts';
import type { PlanStage } from '../documents/plan.ts';
import type { Profile } from '../documents/profile.ts';
import { seededRandom, shuffled } from '../math/random.ts';

/** How many items of a stage follow from an item of the pack, given by its index; 1 in the first stage. */
export type ItemCounts = (packItem: number, stage: number) => number;

export class UnmeasuredFanOutError extends Error {
  override readonly name = 'UnmeasuredFanOutError';
  constructor(stage: string, variants: readonly string[]) {
    super(
      `The fan-out of ${stage} after ${variants.join(', ')} was not measured: profile these variants too.`,
    );
  }
}

/**
 * The number of items in a profile's pack, and how many items of every stage follow from each with the chosen variants.
 * @throws UnmeasuredFanOutError for a stage after the first
 */
export function packItemCounts(
  profile: Pick<Profile, 'fanOut'>,
  stages: readonly Pick<PlanStage, 'name' | 'variant'>[],
): { packSize: number; counts: ItemCounts } {
  const chosen = new Map(stages.map(({ name, variant }) => [name, variant]));
  const byStage = stages.slice(1).map(({ name }, i) => {
    const found = profile.fanOut.find(
      ({ stage, upstream }) =>
        stage === name &&
        Object.entries(upstream).every(([before, variant]) => chosen.get(before) === variant),
    );
    if (found === undefined)
      throw new UnmeasuredFanOutError(
        name,
        stages.slice(0, i + 1).map((before) => `${before.name}/${before.variant}`),
      );
    return found.counts;
  });
  return {
    packSize: Math.max(1, ...byStage.map((counts) => counts.length)),
    counts: (packItem, stage) => {
      if (stage === 0) return 1;
      const counts = byStage[stage - 1]!;
      return counts[packItem % counts.length]!;
    },
  };
}

/** Draws a pack item for each request: all of them in random order, then all again, so that even few requests represent the pack. */
export function drawPackItems(requests: number, packSize: number, seed: number): Int32Array {
  const random = seededRandom(seed);
  const all = Array.from({ length: packSize }, (_, packItem) => packItem);
  const drawn: number[] = [];
  while (drawn.length < requests) drawn.push(...shuffled(all, random));
  return Int32Array.from(drawn.slice(0, requests));
}

/**
 * Distributes a pack item's items in a stage over its items in the stage before, as evenly as whole numbers allow. The one item
 * of the first stage gets all of the second stage's.
 */
export class ChildDealer {
  readonly #counts: ItemCounts;
  /** Position of each item among the items of its request in its stage. Positions of 0 are left out. */
  readonly #positions = new Map<number, number>();

  constructor(counts: ItemCounts) {
    this.#counts = counts;
  }

  /** Number of children of an item. Must be called once for each item, after the call for its parent. */
  children(item: Item, packItem: number): number {
    const { stage } = item;
    const position =
      item.parent === null
        ? 0
        : this.#before(packItem, stage - 1, this.#positions.get(item.parent) ?? 0) + item.index;
    if (position > 0) this.#positions.set(item.id, position);
    return this.#before(packItem, stage, position + 1) - this.#before(packItem, stage, position);
  }

  /** Number of children that the items before a position in a stage have together. */
  #before(packItem: number, stage: number, position: number): number {
    const items = stage === 0 ? 1 : this.#counts(packItem, stage);
    return Math.floor((position * this.#counts(packItem, stage + 1)) / items);
  }
}
