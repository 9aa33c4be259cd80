import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MissBudget } from '../../../solver/adapt/budget.ts';

const SLA_MS = 10_000;
const forecast = { medianPerS: 10, p90PerS: 10 };
const load = (ended: number, missed: number, open = 0) => ({
  forecast,
  countsPerS: [...Array(20).fill(70), ...Array(10).fill(10)],
  served: { open, ended, missed },
});
const share = (ended: number, missed: number, percentile = 95, open = 0) =>
  new MissBudget(percentile, SLA_MS).next(load(ended, missed, open));

it('is what the percentile leaves, where nothing is known of the requests or exactly so many missed the SLA', () => {
  expect(new MissBudget(95, SLA_MS).next({ forecast, countsPerS: [10] })).toBeCloseTo(0.05);
  const silent = { ...load(1000, 0), countsPerS: Array(10).fill(0) };
  expect(new MissBudget(95, SLA_MS).next(silent)).toBeCloseTo(0.05);
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
  // 66 are 6 more than come in that time, which are half a percent of 1,200 requests.
  expect(share(1000, 50, 95, 66)).toBeCloseTo(0.045);
});

it('is never 0, at most 10 points more than the percentile leaves, and falls with each miss', () => {
  const part = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.nat(1e6), part, part, fc.constantFrom(50, 90, 95, 99, 99.9), (ended, a, b, percentile) => {
      const asked = 1 - percentile / 100;
      const [few, many] = [Math.min(a, b), Math.max(a, b)].map((x) => share(ended, x * ended, percentile));
      expect(few).toBeGreaterThanOrEqual(many!);
      expect(many).toBeGreaterThan(0);
      expect(few).toBeLessThanOrEqual(asked + 0.1 + 1e-12);
    }),
  );
});

/** Makes a budget that was asked `decisions` times, each time after `missed` of 1,000 requests had missed the SLA. */
const after = (decisions: number, missed: number): MissBudget => {
  const budget = new MissBudget(95, SLA_MS);
  for (let i = 0; i < decisions; i++) budget.next(load(1000, missed));
  return budget;
};

it('rises while requests miss the SLA too rarely for long: the forecasts foresee more misses than come', () => {
  const [soon, later] = [after(1, 20), after(30, 20)].map((budget) => budget.next(load(1000, 50)));
  expect(soon).toBeGreaterThan(0.05);
  expect(later).toBeGreaterThan(soon!);
  // The budget rises by at most five points.
  expect(after(1000, 0).next(load(1000, 50))).toBeCloseTo(0.1);
});

it('comes down again while too many requests miss the SLA', () => {
  const budget = after(1000, 0);
  for (let i = 0; i < 100; i++) budget.next(load(1000, 120));
  expect(budget.next(load(1000, 50))).toBeCloseTo(0.05);
});
