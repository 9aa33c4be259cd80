import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../solver/math/random.ts';
import { mean } from '../../../solver/math/statistics.ts';

/** The first numbers of many small seeds: rows by seed. */
const SEEDS = 2000;
const FIRST = 20;
const drawn = Array.from({ length: SEEDS }, (_, seed) => {
  const random = seededRandom(seed);
  return Array.from({ length: FIRST }, random);
});
const places = Array.from({ length: FIRST }, (_, place) => drawn.map((numbers) => numbers[place]!));

/** The limit of a figure, in its standard deviations: by chance, one of 20 such figures is over 4.5 once in 7,000 times. */
const LIKELY = 4.5;

describe('random numbers', () => {
  it('are the same for the same seed', () => {
    const [a, b] = [seededRandom(7), seededRandom(7)];
    for (let i = 0; i < 100; i++) expect(a()).toBe(b());
  });

  it('are uniform over the seeds from the first on', () => {
    for (const numbers of places)
      expect(Math.abs(mean(numbers) - 0.5) * Math.sqrt(12 * SEEDS)).toBeLessThan(LIKELY);
  });

  it.each([1, 2, 10])('of seeds %d apart do not run side by side', (apart) => {
    for (const numbers of places) {
      const products = numbers.slice(apart).map((x, i) => (x - 0.5) * (numbers[i]! - 0.5));
      expect(Math.abs(12 * mean(products)) * Math.sqrt(products.length)).toBeLessThan(LIKELY);
    }
  });

  it('of one seed do not depend on the one before', () => {
    const random = seededRandom(1);
    const numbers = Array.from({ length: 100_000 }, random);
    const products = numbers.slice(1).map((x, i) => (x - 0.5) * (numbers[i]! - 0.5));
    expect(Math.abs(12 * mean(products)) * Math.sqrt(products.length)).toBeLessThan(LIKELY);
  });
});
