import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forecastPaths } from '../../../solver/adapt/paths.ts';
import { HORIZON_S } from '../../../solver/adapt/predictors/predictor.ts';
import { nearestRank, normalQuantile, sortedNumbers } from '../../../solver/math/statistics.ts';

const load = fc.record({
  countsPerS: fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 120 }),
  forecast: fc
    .tuple(fc.double({ min: 0, max: 500, noNaN: true }), fc.double({ min: 1, max: 3, noNaN: true }))
    .map(([medianPerS, times]) => ({ medianPerS, p90PerS: medianPerS * times })),
});

describe('paths of a forecast', () => {
  it('are as long as the forecast, have no negative count, and are equal for equal input', () => {
    fc.assert(
      fc.property(load, (of) => {
        const paths = forecastPaths(of);
        for (const path of paths) {
          expect(path).toHaveLength(HORIZON_S);
          expect(path.every((count) => Number.isFinite(count) && count >= 0)).toBe(true);
        }
        expect(forecastPaths(of)).toEqual(paths);
      }),
    );
  });

  it('go on as an even load that is foreseen to stay', () => {
    const paths = forecastPaths({
      countsPerS: Array(30).fill(20),
      forecast: { medianPerS: 20, p90PerS: 20 },
    });
    for (const path of paths) expect(Array.from(path)).toEqual(Array(HORIZON_S).fill(20));
  });

  it('begin as shorter ones, and keep their level for as long as is asked', () => {
    fc.assert(
      fc.property(load, fc.integer({ min: HORIZON_S, max: 100 }), (of, lengthS) => {
        const longer = forecastPaths(of, lengthS);
        for (const [i, path] of forecastPaths(of).entries()) {
          expect(longer[i]).toHaveLength(lengthS);
          expect(longer[i]!.subarray(0, HORIZON_S)).toEqual(path);
          expect(Math.max(...longer[i]!)).toBeLessThan(1e6);
        }
      }),
    );
  });

  it('have one level where the noise explains how uncertain the busiest second is', () => {
    // Neighbouring seconds differ by 4, which is the median of normal noise with σ = 4 / 0.954.
    const countsPerS = Array.from({ length: 60 }, (_, i) => 18 + 4 * (i % 2));
    const explained = Math.exp(normalQuantile(0.9) * 0.525 * (4 / 0.954 / 30));
    const paths = (times: number) =>
      forecastPaths({ countsPerS, forecast: { medianPerS: 30, p90PerS: 30 * times } });
    expect(paths(0.999 * explained)).toEqual(paths(1));
    expect(paths(1.1 * explained)).not.toEqual(paths(1));
  });

  it.each([
    ['a load without noise that rises', Array<number>(30).fill(20), 40, 60],
    ['a load with noise', Array.from({ length: 60 }, (_, i) => 20 + [-4, 2, 5, -3, 0][i % 5]!), 30, 34],
  ])('have busiest seconds like those of the forecast: %s', (_, countsPerS, medianPerS, p90PerS) => {
    const paths = forecastPaths({ countsPerS, forecast: { medianPerS, p90PerS } });
    const busiest = sortedNumbers(paths.map((path) => Math.max(...path)));
    expect(nearestRank(busiest, 50) / medianPerS).toBeGreaterThan(0.92);
    expect(nearestRank(busiest, 50) / medianPerS).toBeLessThan(1.08);
    expect(nearestRank(busiest, 90) / p90PerS).toBeGreaterThan(0.9);
    expect(nearestRank(busiest, 90) / p90PerS).toBeLessThan(1.1);
  });
});
