import { stageOf } from '../dispatch/rows.ts';
import type { Follow, Item } from '../dispatch/types.ts';
import type { PathAnswers } from '../documents/answers.ts';
import { type PlanStage, stageNameOf, stageRows } from '../documents/plan.ts';
import type { FanOut, Profile } from '../documents/profile.ts';
import { getOrMake } from '../math/maps.ts';
import { seededRandom, shuffled } from '../math/random.ts';

/** Number of items of a stage that come from an item of the pack, given by its index; 1 in the first stage. */
type ItemCounts = (packItem: number, stage: number) => number;

/** Size of an item, in its stage's unit; undefined if it is not known. @param position among its request's items of the stage */
type ItemSizes = (packItem: number, stage: number, position: number) => number | undefined;

/** Whether an item goes on to the heavy variant of its stage. @param position among its request's items of the stage */
type Escalates = (packItem: number, stage: number, position: number) => boolean;

/** How the items of the pack flow through the stages of a plan. */
export interface ItemFlow {
  readonly counts: ItemCounts;
  /** Absent: no sizes are known. */
  readonly sizes?: ItemSizes | undefined;
  /** Absent: no stage is a cascade. */
  readonly escalates?: Escalates | undefined;
}

export class UnmeasuredFanOutError extends Error {
  override readonly name = 'UnmeasuredFanOutError';
  constructor(stage: string, variants: readonly string[]) {
    super(
      `The fan-out of ${stage} after ${variants.join(', ')} was not measured: profile these variants too.`,
    );
  }
}

type Row = Pick<PlanStage, 'name' | 'variant' | 'escalation'>;
type Measured = Pick<Profile, 'fanOut' | 'paths'>;
type Variants = Readonly<Record<string, string>>;

/** A stage's items of one pack item: their number, their sizes, which of them escalate, and the variants of the stages before. */
interface StageItems {
  readonly upstream: Variants;
  readonly count: number;
  /** Number of the stage's items that belong to earlier pack items. */
  readonly before: number;
  /** Empty if the sizes are not known. */
  readonly sizes: readonly number[];
  readonly escalated: readonly boolean[];
}

/**
 * The number of items in a profile's pack, and how each of them flows through the stages of a plan.
 * @throws UnmeasuredFanOutError if the fan-out of a stage was measured, but not after the plan's variants
 */
export function packItemCounts(measured: Measured, rows: readonly Row[]): ItemFlow & { packSize: number } {
  const cascades = rows.some(({ escalation }) => escalation);
  const lights = stageRows(rows);
  const upstream: Record<string, string> = {};
  const lengths = lights.map(({ name, variant }, s) => {
    const counts = fanOutOf(measured, lights, s, upstream)?.counts;
    upstream[name] = variant;
    return counts?.length ?? answersTo(measured, name);
  });
  const flow = packFlow(measured, rows);
  return {
    packSize: Math.max(1, ...lengths),
    counts: (packItem, stage) => flow(packItem)[stage]!.count,
    sizes: (packItem, stage, position) => flow(packItem)[stage]!.sizes[position],
    escalates: cascades
      ? (packItem, stage, position) => flow(packItem)[stage]!.escalated[position] ?? false
      : undefined,
  };
}

/**
 * Follows pack items through the stages of a plan. In a cascade, the variant that answers a request's first item decides which
 * variant's measured fan-out and confidences the later stages use; this is exact if the stage has one item per request.
 * @returns a function that gives the items of a pack item, by stage
 */
export function packFlow(
  measured: Measured,
  rows: readonly Row[],
): (packItem: number) => readonly StageItems[] {
  const lights = stageRows(rows);
  const known = new Map<number, readonly StageItems[]>();
  const offsets = new Map<FanOut, number[]>();
  const follow = (packItem: number): readonly StageItems[] => {
    const stages: StageItems[] = [];
    let upstream: Variants = {};
    for (const [at, row] of rows.entries()) {
      if (row.escalation) continue;
      const heavy = rows[at + 1]?.escalation ? rows[at + 1] : undefined;
      const entry = fanOutOf(measured, lights, stages.length, upstream);
      const place = entry ? packItem % entry.counts.length : packItem;
      const count = entry?.counts[place] ?? 1;
      const before = entry ? getOrMake(offsets, entry, offsetsOf)[place]! : place;
      let escalated: readonly boolean[] = [];
      if (heavy) {
        const path = pathOf(measured, row, upstream);
        escalated = Array.from({ length: count }, (_, position) =>
          path
            ? path.confidences[(before + position) % path.confidences.length]! < heavy.escalation!.below
            : isDue(before + position, heavy.escalation!.share),
        );
      }
      const sizes = entry?.stage === row.name ? (entry.sizes?.slice(before, before + count) ?? []) : [];
      stages.push({ upstream, count, before, sizes, escalated });
      upstream = { ...upstream, [row.name]: escalated[0] ? heavy!.variant : row.variant };
    }
    return stages;
  };
  return (packItem) => getOrMake(known, packItem, follow);
}

/** Number of items of a stage that its variants answered in one combination; 1 if the profile has no such answers. */
const answersTo = ({ paths }: Measured, stage: string): number =>
  paths?.find((entry) => entry.stage === stage)?.confidences.length ?? 1;

/**
 * The name of the stage whose measured fan-out counts for a stage: the stage itself or, if its fan-out was not measured, the last
 * stage before it that has one. A profile may lack the fan-out of the first stage, where each request is one item, and of late
 * stages whose upstream variants have too many combinations to measure; there, each item of the stage before counts as one item.
 * @param stages names of the pipeline's stages
 * @param at index of the stage
 */
export const fanOutStage = (
  fanOut: readonly FanOut[],
  stages: readonly string[],
  at: number,
): string | undefined =>
  stages.slice(0, at + 1).findLast((name) => fanOut.some(({ stage }) => stage === name));

/** Whether a choice of variants contains all of these variants. The choice may name variants of further stages, too. */
export const areOf = (variants: Variants, choice: Variants): boolean =>
  Object.entries(variants).every(([stage, variant]) => choice[stage] === variant);

/**
 * Whether a plan may choose these variants.
 * @param restrictTo variants to choose from, by stage; an absent stage may have any variant
 */
export const areAllowed = (
  variants: Variants,
  restrictTo: Readonly<Record<string, readonly string[]>> = {},
): boolean =>
  Object.entries(variants).every(([stage, variant]) => restrictTo[stage]?.includes(variant) ?? true);

/**
 * The fan-out of a stage, or of the stage that {@link fanOutStage} names; undefined if each request is one item there.
 * @throws UnmeasuredFanOutError if it was measured, but not after these variants
 */
function fanOutOf(
  { fanOut }: Measured,
  stages: readonly Row[],
  at: number,
  upstream: Variants,
): FanOut | undefined {
  const names = stages.map(({ name }) => name);
  const measured = fanOutStage(fanOut, names, at);
  if (measured === undefined) return undefined;
  const found = fanOut.find((entry) => entry.stage === measured && areOf(entry.upstream, upstream));
  if (found) return found;
  throw new UnmeasuredFanOutError(
    measured,
    Object.entries(upstream).map(([before, variant]) => `${before}/${variant}`),
  );
}

/** The answers of a row's variant on items from these upstream variants; undefined if they were not measured. */
export const pathOf = (
  { paths }: Pick<Profile, 'paths'>,
  row: Row,
  upstream: Variants,
): PathAnswers | undefined =>
  paths?.find(
    (path) =>
      path.stage === stageNameOf(row) &&
      path.variant === row.variant &&
      path.confidences.length > 0 &&
      areOf(path.upstream, upstream),
  );

/** For each pack item, how many of the stage's items belong to the pack items before it. */
function offsetsOf({ counts }: FanOut): number[] {
  let sum = 0;
  return counts.map((count) => {
    sum += count;
    return sum - count;
  });
}

/** Whether the item with this index escalates. Of all items, `share` escalate, evenly spread over the indices. */
const isDue = (index: number, share: number): boolean =>
  Math.floor((index + 1) * share) > Math.floor(index * share);

/**
 * Draws a pack item for each request: all of them in random order, then all again, so that even few requests represent the pack.
 */
export function drawPackItems(requests: number, packSize: number, seed: number): Int32Array {
  const random = seededRandom(seed);
  const all = Array.from({ length: packSize }, (_, packItem) => packItem);
  const drawn: number[] = [];
  while (drawn.length < requests) for (const packItem of shuffled(all, random)) drawn.push(packItem);
  return Int32Array.from(drawn.slice(0, requests));
}

/**
 * Distributes a pack item's items in a stage over its items in the stage before, as evenly as whole numbers allow. The only item
 * of the first stage gets all items of the second stage.
 */
export class ChildDealer {
  /** Position of each item among the items of its request in its stage. Positions of 0 are left out. */
  readonly #positions = new Map<number, number>();

  /** @param stages number of stages */
  constructor(
    private readonly flow: Pick<ItemFlow, 'counts' | 'sizes'>,
    private readonly stages: number,
  ) {}

  /** Size of an item; undefined if it is not known. */
  sizeOf(item: Item, packItem: number): number | undefined {
    const stage = stageOf(item.row, this.stages);
    return this.flow.sizes?.(packItem, stage, this.#position(item, packItem, stage));
  }

  /**
   * Returns the number of items of the next stage that an item leads to, or its escalation, after a row's variant has answered
   * the item. The caller must ask once for each item, and for its parent before.
   * @param row the row that answered
   * @param escalates of the plan that serves now; undefined if no stage is a cascade
   */
  follow(item: Item, packItem: number, row: number, escalates: Escalates | undefined): Follow {
    const stage = stageOf(row, this.stages);
    const position = this.#position(item, packItem, stage);
    if (position > 0) this.#positions.set(item.id, position);
    const last = stage === this.stages - 1;
    const children = last
      ? 0
      : this.#before(packItem, stage, position + 1) - this.#before(packItem, stage, position);
    const escalated = row === stage && item.row === stage && escalates?.(packItem, stage, position);
    return escalated ? { otherwise: children } : children;
  }

  #position({ parent, row: own, index }: Item, packItem: number, stage: number): number {
    if (parent === null) return 0;
    const ofParent = this.#positions.get(parent) ?? 0;
    // An item that escalated has the position of its parent, which is the same item at the light variant.
    return own === stage ? this.#before(packItem, stage - 1, ofParent) + index : ofParent;
  }

  /** Number of children that the items before a position in a stage have together. */
  #before(packItem: number, stage: number, position: number): number {
    const { counts } = this.flow;
    const items = stage === 0 ? 1 : counts(packItem, stage);
    return Math.floor((position * counts(packItem, stage + 1)) / items);
  }
}
