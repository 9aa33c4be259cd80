import type { MeasuredCell } from '../../solver/documents/cell.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { logNormal } from '../../solver/math/log-normal.ts';
import { type Random, seededRandom, shuffled } from '../../solver/math/random.ts';
import { cell, profile } from './profiles.ts';

/** Profiles of pipelines on a CPU with log-normal service times, invented from a few facts. */

export interface VariantFacts {
  readonly accuracy: number;
  /** The mean time of one item on one thread, in ms. */
  readonly ms: number;
}

export interface PipelineFacts {
  /** By stage, then by variant. */
  readonly stages: Readonly<Record<string, Readonly<Record<string, VariantFacts>>>>;
  readonly batches?: readonly number[];
  readonly threads?: readonly number[];
  /** The p99 of a batch's times, divided by their mean; if 1, all batches of a size take the mean. */
  readonly spread?: number;
  /** The time from a decision until a worker serves. */
  readonly startMs?: number;
  /** Items of every later stage in each scene. Absent: one. */
  readonly items?: readonly number[];
}

/** Returns the mean time of a batch: four tenths of an item's time, and six tenths more for each item. */
export const batchMs = (itemMs: number, batch: number, threads = 1): number =>
  (itemMs * (0.4 + 0.6 * batch)) / threads ** 0.8;

export function pipeline(facts: PipelineFacts): Profile {
  const { batches = [1, 2, 4], threads = [1], spread = 1.5, startMs = 1000, items = [1] } = facts;
  const stages = Object.entries(facts.stages);
  return profile(
    stages.flatMap(([stage, variants]) =>
      Object.entries(variants).flatMap(([variant, { ms }]) =>
        threads.flatMap((count) =>
          batches.map((batch): MeasuredCell => {
            const mean = batchMs(ms, batch, count);
            const inferenceMs = shuffled(logNormal(mean, spread * mean), seededRandom(1));
            return cell(stage, variant, 'cpu', batch, inferenceMs, {
              inferenceMs,
              handlingMs: inferenceMs.map(() => 0),
              threads: count,
              cold: { loadMs: 0.2 * startMs, createMs: 0.5 * startMs, firstRunMs: 0.3 * startMs },
            });
          }),
        ),
      ),
    ),
    {
      stages: stages.map(([name, variants], s) => ({
        name,
        task: 'classify',
        metric: 'top1',
        variants: Object.entries(variants).map(([variant, { accuracy }], v) => ({
          name: variant,
          sha256: `${s}${v}`.padStart(64, '0'),
          sizeBytes: 1000,
          accuracy: { published: accuracy, measured: null },
        })),
      })),
      fanOut: stages.map(([stage], s) => ({ stage, upstream: {}, counts: s === 0 ? [1] : [...items] })),
    },
  );
}

/** Makes a pipeline of two or three stages with two or three variants each; more accurate variants are slower. */
export function randomPipeline(seed: number): Profile {
  const random = seededRandom(seed);
  return pipeline({
    stages: Object.fromEntries(
      Array.from({ length: 2 + Math.floor(2 * random()) }, (_, s) => [`stage${s}`, randomVariants(random)]),
    ),
    spread: 1.2 + 1.8 * random(),
    items: random() < 0.5 ? [1] : [0, 1, 1, 2, 4],
  });
}

function randomVariants(random: Random): Record<string, VariantFacts> {
  const ms = 5 + 35 * random();
  const accuracy = 0.5 + 0.2 * random();
  return Object.fromEntries(
    Array.from({ length: 2 + Math.floor(2 * random()) }, (_, v) => [
      `v${v}`,
      { ms: ms * 1.8 ** v, accuracy: accuracy + 0.12 * v },
    ]),
  );
}
