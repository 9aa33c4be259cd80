import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Correction, SLOWNESS_MS } from '../../../solver/adapt/correction.ts';
import { FACTOR_MAX, FACTOR_MIN } from '../../../solver/documents/serving.ts';

/** Many batches that take `factor` times what is expected. */
const times = (factor: number) => ({ n: 1000, measuredMs: 1000 * factor, expectedMs: 1000 });

const taken = (factor: number, elapsedMs: readonly number[]): Correction => {
  const correction = new Correction();
  for (const ms of elapsedMs) correction.take(times(factor), ms);
  return correction;
};

const seen = fc.record({
  n: fc.nat(1000),
  measuredMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
  expectedMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
});
const elapsed = fc.double({ min: 0, max: 1e8, noNaN: true });

test('whatever is seen, the factor stays within its bounds, and what plans count with is within a tenth of it', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(seen, elapsed)), (readings) => {
      const correction = new Correction();
      for (const [one, ms] of readings) {
        const before = correction.used;
        const changed = correction.take(one, ms);
        expect(correction.factor).toBeGreaterThanOrEqual(FACTOR_MIN);
        expect(correction.factor).toBeLessThanOrEqual(FACTOR_MAX);
        expect(changed).toBe(correction.used !== before);
        expect(Math.abs(Math.log(correction.factor / correction.used))).toBeLessThanOrEqual(
          Math.log(1.1) + 1e-9,
        );
      }
    }),
  );
});

test('how often it is read does not matter: halves of a time correct as much as the whole', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 20, noNaN: true }),
      fc.double({ min: 1, max: 30_000, noNaN: true }),
      (factor, ms) => {
        const [whole, halves] = [taken(factor, [ms]), taken(factor, [ms / 2, ms / 2])];
        expect(halves.factor).toBeCloseTo(whole.factor, 9);
      },
    ),
  );
});

test('a lasting difference is corrected by 63 % in five minutes, and nearly whole in half an hour', () => {
  const readings = (ms: number) => Array.from({ length: ms / 10_000 }, () => 10_000);
  expect(taken(3, readings(SLOWNESS_MS)).factor).toBeCloseTo(1 + 2 * (1 - Math.exp(-1)), 6);
  expect(taken(3, readings(6 * SLOWNESS_MS)).factor).toBeCloseTo(3, 1);
});

test('what takes no time by the profile, as by a coarse clock, corrects nothing', () => {
  const correction = new Correction();
  expect(correction.take({ n: 1000, measuredMs: 1000, expectedMs: 0 }, 30_000)).toBe(false);
  expect(correction.factor).toBe(1);
});

test('a few batches wait for more, and a quiet hour before them gives them no more weight', () => {
  const few = { n: 20, measuredMs: 60, expectedMs: 20 };
  const [quiet, busy] = [new Correction(), new Correction()];
  expect(quiet.take(few, 3_600_000)).toBe(false);
  expect(quiet.factor).toBe(1);
  quiet.take(few, 1000);
  busy.take(times(3), 30_000);
  expect(quiet.factor).toBeCloseTo(busy.factor, 9);
});
