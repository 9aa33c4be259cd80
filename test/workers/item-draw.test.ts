import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ItemDraw } from '../../workers/profiler/item-draw.ts';

/** Makes items of requests. @param counts items by request; an item's bytes are its number and that of its request */
function labelled(counts: readonly number[]) {
  const requests = counts.flatMap((count, request) => Array<number>(count).fill(request));
  return { items: requests.map((request, i) => Uint8Array.of(i, request)), requests };
}

const anyCounts = fc
  .array(fc.nat(4), { minLength: 1, maxLength: 12 })
  .filter((counts) => counts.some((count) => count > 0));

test('every item is drawn once before any is drawn again, and items of a request come together', () => {
  fc.assert(
    fc.property(anyCounts, fc.nat(), (counts, seed) => {
      const { items, requests } = labelled(counts);
      const draw = new ItemDraw({ items, requests }, seed);
      for (let pass = 0; pass < 3; pass++) {
        const drawn = draw.batch(pass, items.length);
        expect(drawn.map(([i]) => i).sort((a, b) => a! - b!)).toEqual(items.map((_, i) => i));
        const changes = drawn.filter(([, request], i) => i > 0 && request !== drawn[i - 1]![1]);
        expect(changes).toHaveLength(new Set(requests).size - 1);
      }
    }),
  );
});

test('batches depend on the seed and their number alone, not on which are asked for first', () => {
  fc.assert(
    fc.property(anyCounts, fc.nat(), fc.integer({ min: 1, max: 9 }), (counts, seed, size) => {
      const inOrder = new ItemDraw(labelled(counts), seed);
      const backwards = new ItemDraw(labelled(counts), seed);
      const numbers = [0, 1, 2, 3, 4, 5];
      const expected = numbers.map((i) => inOrder.batch(i, size));
      expect(numbers.toReversed().map((i) => backwards.batch(i, size))).toEqual(expected.toReversed());
    }),
  );
});

test('batches of a pack that is sorted by size hold small and large items', () => {
  const draw = new ItemDraw(labelled(Array(100).fill(1)), 1);
  const means = Array.from(
    { length: 50 },
    (_, i) => draw.batch(i, 20).reduce((sum, [number]) => sum + number!, 0) / 20,
  );
  expect(Math.min(...means)).toBeGreaterThan(25);
  expect(Math.max(...means)).toBeLessThan(75);
});
