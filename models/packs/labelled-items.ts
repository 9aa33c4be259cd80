import { getOrMake } from '../../solver/math/maps.ts';
import { type Item, itemsOf } from '../items/item-batch.ts';
import { childrenOf, type Pipeline } from '../manifests/pipeline.ts';
import type { ItemTruth } from '../tasks/judge.ts';
import { madeUpItems } from './made-up.ts';
import { isLabelled, type LabelledPack, type Pack } from './pack.ts';
import { InvalidPackError } from './safetensors.ts';

/** Items of one stage, with the request that each item comes from. */
export interface StageItems {
  readonly items: readonly Item[];
  /** For each item, the index in the pack of the request that it comes from. The indices ascend. */
  readonly requests: readonly number[];
}

/** Items of one stage, with their ground truths at the same indices. */
interface LabelledItems extends StageItems {
  readonly truths: readonly ItemTruth[];
}

/** The number of items after which the loop lets the thread do other work, so that a page stays responsive. */
const ITEMS_PER_TURN = 16;

const byPack = new WeakMap<LabelledPack, Promise<readonly LabelledItems[]>>();

/**
 * Returns each stage's items for timing, at least one for each stage: the labelled ones or, without a labelled pack, one made-up
 * item for each request.
 * @throws InvalidPackError if no item reaches a stage, because then the stage cannot be measured
 */
export async function stageItems(pack: Pack, pipeline: Pipeline): Promise<readonly StageItems[]> {
  if (isLabelled(pack)) {
    const labelled = await labelledItems(pack, pipeline);
    const unreached = pipeline.stages[labelled.findIndex(({ items }) => items.length === 0)];
    if (unreached) throw new InvalidPackError(`no item of it reaches stage "${unreached.name}"`);
    return labelled;
  }
  const requests = pack.items.lengths.map((_, request) => request);
  return pipeline.stages.map(({ format }, s) => ({
    items: s === 0 ? itemsOf(pack.items) : madeUpItems(format, requests.length),
    requests,
  }));
}

/**
 * Returns labelled items for each stage, to measure accuracy and times of each stage separately. The first stage gets the pack's
 * items. A later stage gets the items that stages without errors would pass to it, e.g. crops at the true boxes. The items are
 * cached for each pack.
 */
export const labelledItems = (pack: LabelledPack, pipeline: Pipeline): Promise<readonly LabelledItems[]> =>
  getOrMake(byPack, pack, () => make(pack, pipeline));

async function make(pack: LabelledPack, { stages }: Pipeline): Promise<readonly LabelledItems[]> {
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
