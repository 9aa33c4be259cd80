import { seededRandom } from '../../../../solver/math/random.ts';

/** Seeded choices. The same seed gives the same choices in the same order. */
export interface Dice {
  /** A whole number from 0 to n − 1. */
  below(n: number): number;
  pick<T>(values: readonly T[]): T;
  chance(probability: number): boolean;
}

export function diceOf(seed: number): Dice {
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  return { below, pick: (values) => values[below(values.length)]!, chance: (p) => random() < p };
}
