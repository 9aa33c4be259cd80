import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearestRank, sortedNumbers, summaryOf } from '../../../solver/math/statistics.ts';

test('the nearest rank of a percentile is the smallest value with at least that share at or below it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true, min: 0, max: 1e6 }), { minLength: 1 }),
      fc.integer({ min: 1, max: 100 }),
      (values, p) => {
        const sorted = sortedNumbers(values);
        const answer = nearestRank(sorted, p);
        const share = (x: number) => values.filter((v) => v <= x).length / values.length;
        expect(share(answer)).toBeGreaterThanOrEqual(p / 100 - 1e-9);
        const below = values.filter((v) => v < answer).length / values.length;
        expect(below).toBeLessThan(p / 100);
      },
    ),
  );
});

test('no p95 is told under 20 samples and no p99 under 100', () => {
  const samples = (n: number) => Array.from({ length: n }, (_, i) => i);
  expect(summaryOf(samples(19)).p95).toBeNull();
  expect(summaryOf(samples(20)).p95).toBe(18);
  expect(summaryOf(samples(99)).p99).toBeNull();
  expect(summaryOf(samples(100)).p99).toBe(98);
});

test('the interval of the median holds it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true, min: 0, max: 1e6 }), { minLength: 1, maxLength: 300 }),
      (values) => {
        const { p50, p50Low, p50High } = summaryOf(values);
        expect(p50Low).toBeLessThanOrEqual(p50);
        expect(p50High).toBeGreaterThanOrEqual(p50);
      },
    ),
  );
});
