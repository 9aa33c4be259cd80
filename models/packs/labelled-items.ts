import { type Item, itemsOf } from '../items/item-batch.ts';
import { childrenOf, type Pipeline } from '../manifests/pipeline.ts';
import type { ItemTruth } from '../tasks/judge.ts';
import type { Pack } from './pack.ts';

/** Items of one stage, with their ground truths and requests at the same indices. */
export interface LabelledItems {
  readonly items: readonly Item[];
  readonly truths: readonly ItemTruth[];
  /** For each item, the index of the pack's request that it follows from, in rising order. */
  readonly requests: readonly number[];
}

/** The loop yields after this many items, so that a page on the same thread can respond. */
const ITEMS_PER_TURN = 16;

const byPack = new WeakMap<Pack, Promise<readonly LabelledItems[]>>();

/**
 * Labelled items for each stage, to measure the stage alone: its accuracy and its times. The first stage gets the pack's items.
 * A later stage gets the items that stages without errors would pass to it, e.g. crops at the true boxes. The items of a pack
 * are made once.
 */
export function labelledItems(pack: Pack, pipeline: Pipeline): Promise<readonly LabelledItems[]> {
  const labelled = byPack.get(pack) ?? make(pack, pipeline);
  byPack.set(pack, labelled);
  return labelled;
}

async function make(pack: Pack, { stages }: Pipeline): Promise<readonly LabelledItems[]> {
  const all: LabelledItems[] = [];
  let level: LabelledItems = {
    items: itemsOf(pack.items),
    truths: pack.truths,
    requests: pack.truths.map((_, request) => request),
  };
  for (const stage of stages) {
    const { task, next } = stage;
    all.push(level);
    if (!next) break;
    const items: Item[] = [];
    for (const [i, { truth }] of level.truths.entries()) {
      if (i % ITEMS_PER_TURN === 0) await new Promise((resolve) => setTimeout(resolve));
      items.push(...childrenOf(stage, next.format, level.items[i]!, task.perfect(truth)));
    }
    const { truths, requests }: LabelledItems = level;
    level = {
      items,
      truths: truths.flatMap(({ children }) => children),
      requests: truths.flatMap(({ children }, i) => children.map(() => requests[i]!)),
    };
  }
  return all;
}
