import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastWindow } from '../../../../solver/adapt/predictors/last-window.ts';
import { HISTORY_S } from '../../../../solver/adapt/predictors/predictor.ts';
import { quantile } from '../../../../solver/adapt/predictors/quantile.ts';

const seconds = (count: number, value: number) => Array<number>(count).fill(value);

describe('the last-window maximum', () => {
  it('is the largest count of the last 10 s, for both numbers', async () => {
    const counts = [...seconds(100, 30), ...seconds(9, 5), 7, ...seconds(9, 5)];
    expect(await lastWindow.forecast(counts)).toEqual({ medianPerS: 7, p90PerS: 7 });
    expect(await lastWindow.forecast([...counts, 5])).toEqual({ medianPerS: 5, p90PerS: 5 });
  });

  it('takes what there is', async () => {
    expect(await lastWindow.forecast([3, 8, 2])).toEqual({ medianPerS: 8, p90PerS: 8 });
  });
});

describe('the quantile of the history', () => {
  it('is of the maxima of every 20 s', async () => {
    // One second in 120 is high: 20 of the 101 windows hold it.
    const counts = [...seconds(60, 4), 9, ...seconds(59, 4)];
    expect(await quantile.forecast(counts)).toEqual({ medianPerS: 4, p90PerS: 9 });
  });

  it('is the maximum of a history that is shorter than the horizon', async () => {
    expect(await quantile.forecast([3, 8, 2])).toEqual({ medianPerS: 8, p90PerS: 8 });
  });
});

it.each([lastWindow, quantile])(
  '$name says counts that were seen, the p90 no less than the median',
  async ({ forecast }) => {
    const histories = fc.array(fc.nat(5000), { minLength: 1, maxLength: HISTORY_S });
    await fc.assert(
      fc.asyncProperty(histories, async (counts) => {
        const { medianPerS, p90PerS } = await forecast(counts);
        expect(counts).toContain(medianPerS);
        expect(counts).toContain(p90PerS);
        expect(p90PerS).toBeGreaterThanOrEqual(medianPerS);
      }),
    );
  },
);
