import fc from 'fast-check';
import { expect, it } from 'vitest';
import { allowedShare } from '../../../solver/adapt/budget.ts';

const SLA_MS = 10_000;
const forecast = { medianPerS: 10, p90PerS: 10 };
const share = (ended: number, missed: number, percentile = 95, open = 0) =>
  allowedShare(
    { forecast, countsPerS: Array(30).fill(10), served: { open, ended, missed } },
    percentile,
    SLA_MS,
  );

it('is what the percentile leaves, where nothing is known of the requests or exactly so many missed the SLA', () => {
  expect(allowedShare({ forecast, countsPerS: [10] }, 95, SLA_MS)).toBeCloseTo(0.05);
  expect(share(0, 0)).toBeCloseTo(0.05);
  expect(share(1000, 50)).toBeCloseTo(0.05);
});

it('makes up within two minutes for requests that missed too much or too little', () => {
  // 1,200 requests in two minutes: 6 are half a percent.
  expect(share(1000, 44)).toBeCloseTo(0.055);
  expect(share(1000, 56)).toBeCloseTo(0.045);
});

it('is less while more requests are under way than come within six tenths of the SLA', () => {
  expect(share(1000, 50, 95, 60)).toBeCloseTo(0.05);
  // 6 of 1,200 requests.
  expect(share(1000, 50, 95, 66)).toBeCloseTo(0.045);
});

it('is never 0, at most 5 points more than the percentile leaves, and falls with each miss', () => {
  const part = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.nat(1e6), part, part, fc.constantFrom(50, 90, 95, 99, 99.9), (ended, a, b, percentile) => {
      const asked = 1 - percentile / 100;
      const [few, many] = [Math.min(a, b), Math.max(a, b)].map((x) => share(ended, x * ended, percentile));
      expect(few).toBeGreaterThanOrEqual(many!);
      expect(many).toBeGreaterThan(0);
      expect(few).toBeLessThanOrEqual(asked + 0.05 + 1e-12);
    }),
  );
});
