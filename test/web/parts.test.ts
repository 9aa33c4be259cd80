import fc from 'fast-check';
import { expect, it } from 'vitest';
import { partsWithin } from '../../web/state/files/parts.ts';

it('the parts of an archive have all items in order, and only a part of one item is too large', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), fc.integer({ min: 1, max: 30 }), (sizes, most) => {
      const parts = partsWithin(sizes, (size) => size, most);
      expect(parts.flat()).toEqual(sizes);
      for (const part of parts)
        expect(part.length <= 1 || part.reduce((sum, size) => sum + size) <= most).toBe(true);
      // No part has room for the first item of the next one.
      for (const [i, part] of parts.slice(0, -1).entries())
        expect(part.reduce((sum, size) => sum + size) + parts[i + 1]![0]!).toBeGreaterThan(most);
    }),
  );
});

it('an archive of nothing is one part', () => {
  expect(partsWithin([], () => 1, 1)).toEqual([[]]);
});
