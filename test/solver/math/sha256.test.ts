import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256OfText } from '../../../solver/math/sha256.ts';

test("the sum of a text is that of Node's own SHA-256", () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.nat(200).map((length) => 'a'.repeat(length)),
  );
  fc.assert(
    fc.property(text, (given) => {
      expect(sha256OfText(given)).toBe(createHash('sha256').update(given).digest('hex'));
    }),
    { numRuns: 500 },
  );
});
