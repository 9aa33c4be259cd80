import fc from 'fast-check';
import { expect, test } from 'vitest';
import { log10InPlace } from '../../../models/tasks/automatic-speech-recognition/log10.ts';

test('logarithms from the table equal those of Math, whatever the size of a number', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -37, max: 37, noNaN: true })), (exponents) => {
      const numbers = Float32Array.from(exponents, (exponent) => 10 ** exponent);
      const found = numbers.slice();
      log10InPlace(found, 2, 1);
      numbers.forEach((number, i) => {
        expect(Math.abs(found[i]! - (2 * Math.log10(number) + 1))).toBeLessThan(1e-5);
      });
    }),
  );
});
