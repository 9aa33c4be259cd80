import { describe, expect, it } from 'vitest';
import { parseTrace } from '../../../solver/documents/trace.ts';
import { mean, normalQuantile } from '../../../solver/math/statistics.ts';
import { generatedTrace, TRACE_KINDS, type TraceKind } from '../../../solver/simulate/generated-traces.ts';

const SEEDS = Array.from({ length: 50 }, (_, seed) => seed);

/** Mean, least and most requests/s of the published loads (IPA, 1200 s each). */
const PUBLISHED: Record<TraceKind, [mean: number, min: number, max: number]> = {
  bursty: [12.0, 3, 34],
  'steady-low': [5.1, 3, 8],
  'steady-high': [28.8, 23, 34],
  fluctuating: [16.5, 3, 34],
};

/** Returns, for every second, the mean of the `length` seconds before it, and that of as many seconds from `gap` s after it. */
const changes = (rates: readonly number[], length: number, gap: number) =>
  Array.from({ length: rates.length - 2 * length - gap }, (_, i) => ({
    before: mean(rates.slice(i, i + length)),
    after: mean(rates.slice(i + length + gap, i + 2 * length + gap)),
  }));

/** Counts how often the mean of 20 s rises from under `low` to over `high`. */
function rises(rates: readonly number[], low: number, high: number): number {
  let [count, below] = [0, false];
  for (let i = 0; i + 20 <= rates.length; i++) {
    const level = mean(rates.slice(i, i + 20));
    if (below && level > high) count++;
    below = level < low || (below && level <= high);
  }
  return count;
}

describe.each(TRACE_KINDS)('%s', (kind) => {
  const [average, min, max] = PUBLISHED[kind];
  const loads = SEEDS.map((seed) => generatedTrace(kind, { seed }));

  it('has the published mean within 7 %, and least and most within 1 and 4 requests/s', () => {
    for (const { rates } of loads) {
      expect(rates).toHaveLength(1200);
      expect(Math.abs(mean(rates) / average - 1)).toBeLessThan(0.07);
      expect(Math.min(...rates) - min).toBeOneOf([0, 1]);
      expect(max - Math.max(...rates)).toBeOneOf([0, 1, 2, 3, 4]);
    }
  });

  it('over the seeds, has the published mean within 2 %', () => {
    const means = loads.map(({ rates }) => mean(rates));
    expect(Math.abs(mean(means) / average - 1)).toBeLessThan(0.02);
  });

  it('is a trace of whole requests, the same for the same seed', () => {
    const load = generatedTrace(kind, { seed: 7 });
    expect(parseTrace(load, 'generated')).toEqual(load);
    expect(load.rates.every(Number.isInteger)).toBe(true);
    expect(generatedTrace(kind, { seed: 7 })).toEqual(load);
    expect(generatedTrace(kind, { seed: 8 }).rates).not.toEqual(load.rates);
  });

  it('keeps its mean when it is shorter or longer', () => {
    for (const durationS of [300, 4800])
      for (const seed of SEEDS.slice(0, 20))
        expect(Math.abs(mean(generatedTrace(kind, { durationS, seed }).rates) / average - 1)).toBeLessThan(
          0.1,
        );
    expect(generatedTrace(kind, { durationS: 1, seed: 1 }).rates).toHaveLength(1);
  });
});

it.each([300, 1200, 4800])('a burst of %i s comes within 10 s, stays, and goes', (durationS) => {
  for (const seed of SEEDS) {
    const { rates } = generatedTrace('bursty', { durationS, seed });
    const jump = changes(rates, 5, 5).some(({ before, after }) => after >= 2.5 * before);
    expect(jump).toBe(true);
    expect(rises(rates, 10, 20)).toBe(1);
    expect(rates.filter((rate) => rate >= 18).length / durationS).toBeGreaterThan(0.2);
    expect(mean(rates.slice(-Math.round(durationS / 10)))).toBeLessThan(8);
  }
});

it.each([300, 1200])('a fluctuating load of %i s rises and falls three times', (durationS) => {
  for (const seed of SEEDS)
    expect(rises(generatedTrace('fluctuating', { durationS, seed }).rates, 11, 20)).toBe(3);
});

it('counts vary by level / 8', () => {
  const { rates } = generatedTrace('steady-high', { durationS: 5000, seed: 3 });
  const variance = mean(rates.map((rate) => (rate - mean(rates)) ** 2));
  expect(variance).toBeGreaterThan(0.9 * (28.8 / 8));
  expect(variance).toBeLessThan(1.1 * (28.8 / 8));
});

it('knows quantiles of the normal distribution', () => {
  for (const [probability, quantile] of [
    [0.5, 0],
    [0.9, 1.281551566],
    [0.99, 2.326347874],
    [0.0001, -3.719016485],
  ] as const)
    expect(normalQuantile(probability)).toBeCloseTo(quantile, 7);
});
