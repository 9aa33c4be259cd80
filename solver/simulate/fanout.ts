import type { Item } from '../dispatch/types.ts';
import type { PlanStage } from '../documents/plan.ts';
import type { Profile } from '../documents/profile.ts';
import { seededRandom, shuffled } from '../math/random.ts';

/** How many items a scene (an input of the pack) has in a stage, given by its index. In the first stage it has one. */
export type SceneCounts = (scene: number, stage: number) => number;

export class UnmeasuredFanOutError extends Error {
  override readonly name = 'UnmeasuredFanOutError';
  constructor(stage: string, variants: readonly string[]) {
    super(
      `The fan-out of ${stage} after ${variants.join(', ')} was not measured: profile these variants too.`,
    );
  }
}

/**
 * The number of scenes in a profile's pack, and how many items each has in every stage with the chosen variants.
 * @throws UnmeasuredFanOutError for a stage after the first
 */
export function sceneCounts(
  profile: Pick<Profile, 'fanOut'>,
  stages: readonly Pick<PlanStage, 'name' | 'variant'>[],
): { scenes: number; counts: SceneCounts } {
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
    scenes: Math.max(1, ...byStage.map((counts) => counts.length)),
    counts: (scene, stage) => {
      if (stage === 0) return 1;
      const counts = byStage[stage - 1]!;
      return counts[scene % counts.length]!;
    },
  };
}

/** Draws a scene for each request: all scenes in random order, then all again, so that even few requests represent the pack. */
export function drawScenes(requests: number, scenes: number, seed: number): Int32Array {
  const random = seededRandom(seed);
  const all = Array.from({ length: scenes }, (_, scene) => scene);
  const drawn: number[] = [];
  while (drawn.length < requests) drawn.push(...shuffled(all, random));
  return Int32Array.from(drawn.slice(0, requests));
}

/**
 * Distributes the items of a scene in a stage over its items in the stage before, as evenly as whole numbers allow. The one
 * item of the first stage gets all of the second stage's.
 */
export class ChildDealer {
  readonly #counts: SceneCounts;
  /** Position of each item among the items of its request in its stage. Positions of 0 are left out. */
  readonly #places = new Map<number, number>();

  constructor(counts: SceneCounts) {
    this.#counts = counts;
  }

  /** Number of children of an item. Must be called once for each item, after the call for its parent. */
  children(item: Item, scene: number): number {
    const { stage } = item;
    const place =
      item.parent === null
        ? 0
        : this.#before(scene, stage - 1, this.#places.get(item.parent) ?? 0) + item.index;
    if (place > 0) this.#places.set(item.id, place);
    return this.#before(scene, stage, place + 1) - this.#before(scene, stage, place);
  }

  /** Number of children that the items before a position in a stage have together. */
  #before(scene: number, stage: number, place: number): number {
    const items = stage === 0 ? 1 : this.#counts(scene, stage);
    return Math.floor((place * this.#counts(scene, stage + 1)) / items);
  }
}
