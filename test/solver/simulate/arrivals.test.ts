import { describe, expect, it } from 'vitest';
import { arrivalsOf, constantRate } from '../../../solver/simulate/arrivals.ts';

/** Counts the arrivals in each interval. */
const countsOf = (arrivalsMs: Float64Array, intervals: number, lengthMs = 1000) => {
  const counts = Array<number>(intervals).fill(0);
  for (const ms of arrivalsMs) counts[Math.floor(ms / lengthMs)]!++;
  return counts;
};

const rising = (arrivalsMs: Float64Array) => arrivalsMs.every((ms, i) => i === 0 || ms >= arrivalsMs[i - 1]!);

describe('arrivals of a trace', () => {
  const rates = [3, 0, 12, 5];

  it('are as many in each second as its rate says', () => {
    const arrivals = arrivalsOf({ rates, intervalS: 1 }, { scale: 1, seed: 1, kind: 'exact' });
    expect(countsOf(arrivals, 4)).toEqual(rates);
    expect(rising(arrivals)).toBe(true);
  });

  it('are scaled, and fractions carry over', () => {
    const arrivals = arrivalsOf({ rates, intervalS: 1 }, { scale: 0.5, seed: 1, kind: 'exact' });
    expect(countsOf(arrivals, 4)).toEqual([2, 0, 6, 2]);
  });

  it('are rate times length in an interval that is not a second', () => {
    const arrivals = arrivalsOf({ rates: [3, 1], intervalS: 10 }, { scale: 1, seed: 1, kind: 'exact' });
    expect(countsOf(arrivals, 2, 10_000)).toEqual([30, 10]);
  });

  it('are the same for the same seed and others for another', () => {
    const of = (seed: number) => arrivalsOf({ rates, intervalS: 1 }, { scale: 1, seed, kind: 'exact' });
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  it('redrawn as a Poisson process have counts whose variance is their mean', () => {
    const seconds = 20_000;
    const trace = { rates: Array<number>(seconds).fill(8), intervalS: 1 };
    const arrivals = arrivalsOf(trace, { scale: 1, seed: 1, kind: 'poisson' });
    const counts = countsOf(arrivals, seconds);
    const mean = arrivals.length / seconds;
    const variance = counts.reduce((sum, n) => sum + (n - mean) ** 2, 0) / seconds;
    expect(rising(arrivals)).toBe(true);
    expect(mean).toBeCloseTo(8, 0);
    expect(variance / mean).toBeGreaterThan(0.95);
    expect(variance / mean).toBeLessThan(1.05);
  });

  it('redrawn are none where the rate is 0', () => {
    const arrivals = arrivalsOf({ rates: [0, 50, 0], intervalS: 1 }, { scale: 1, seed: 1, kind: 'poisson' });
    const [before, , after] = countsOf(arrivals, 3);
    expect([before, after]).toEqual([0, 0]);
  });
});

describe('a constant rate', () => {
  it('honours a fraction over the whole', () => {
    const arrivals = constantRate(2.57, 40, 1);
    expect(arrivals.length).toBe(103);
    for (const count of countsOf(arrivals, 40)) expect([2, 3]).toContain(count);
  });

  it('honours a duration that is not whole seconds', () => {
    const arrivals = constantRate(10, 0.3, 1);
    expect(arrivals.length).toBe(3);
    expect(arrivals.every((ms) => ms >= 0 && ms < 300)).toBe(true);
  });

  it('gives exactly the requests a simulation asks for', () => {
    expect(constantRate(7.3, 5000 / 7.3, 1).length).toBe(5000);
  });

  it('spreads requests evenly, however rare they are', () => {
    const arrivals = constantRate(1e-6, 5000 / 1e-6, 1);
    expect(arrivals.length).toBe(5000);
    for (const count of countsOf(arrivals, 500, 1e10)) expect([9, 10, 11]).toContain(count);
  });
});
