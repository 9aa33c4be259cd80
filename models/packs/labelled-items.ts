import { type Item, itemsOf } from '../items/item-batch.ts';
import type { Pipeline } from '../manifests/pipeline.ts';
import type { ItemTruth } from '../tasks/judge.ts';
import type { Pack } from './pack.ts';

/** Items of one stage and what is true of each. */
export interface LabelledItems {
  readonly items: readonly Item[];
  readonly truths: readonly ItemTruth[];
}

/** Items made at once before others on the thread, a page perhaps, have their turn. */
const MADE_AT_ONCE = 16;

const known = new WeakMap<Pack, Promise<readonly LabelledItems[]>>();

/**
 * True inputs of each stage, to measure its accuracy alone and its times: for the first stage the pack's items, for a later one
 * what perfect stages before it would give it (crops at the true boxes). They are made once for a pack.
 */
export function labelledItems(pack: Pack, pipeline: Pipeline): Promise<readonly LabelledItems[]> {
  const made = known.get(pack) ?? make(pack, pipeline);
  known.set(pack, made);
  return made;
}

async function make(pack: Pack, { stages }: Pipeline): Promise<readonly LabelledItems[]> {
  const all: LabelledItems[] = [];
  let level: LabelledItems = { items: itemsOf(pack.items), truths: pack.truths };
  for (const { stage, task, next } of stages) {
    all.push(level);
    if (!next) break;
    const format = next.task.items(next.stage);
    const items: Item[] = [];
    for (const [i, { truth }] of level.truths.entries()) {
      if (i % MADE_AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve));
      items.push(...task.children(stage, level.items[i]!, task.perfect(truth), format));
    }
    level = { items, truths: level.truths.flatMap(({ children }) => children) };
  }
  return all;
}
