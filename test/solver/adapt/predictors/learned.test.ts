import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { lastWindow } from '../../../../solver/adapt/predictors/last-window.ts';
import { HISTORY_S, HORIZON_S, type Predictor } from '../../../../solver/adapt/predictors/predictor.ts';
import { seededRandom } from '../../../../solver/math/random.ts';
import { mean } from '../../../../solver/math/statistics.ts';
import { learnedPredictor } from '../../../../workers/predictor/node.ts';
import { referenceFile } from '../../../reference.ts';
import forecasts from './fixtures/forecasts.json' with { type: 'json' };
import { heldBackDays, judge } from './judge.ts';
import { expectNear } from './near.ts';

/** Rates in requests/s, 0.1 to 100 times the mean rate of the trace that the predictor has learned from. */
const RATES = [0.75, 7.5, 75, 750];

let learned: Predictor;

beforeAll(async () => {
  learned = await learnedPredictor();
});

const steady = (ratePerS: number, seconds = HISTORY_S) => Array<number>(seconds).fill(ratePerS);

/** The probabilities that a Poisson count is at most 0, 1, 2 and so on, up to nearly 1. */
function atMost(ratePerS: number): number[] {
  const sums: number[] = [];
  let logProbability = -ratePerS;
  for (let sum = Math.exp(logProbability); sum < 1 - 1e-9; sum += Math.exp(logProbability)) {
    sums.push(sum);
    logProbability += Math.log(ratePerS / sums.length);
  }
  return sums;
}

/** Poisson counts of each second, each drawn with one random number, because single arrivals would be millions. */
function poissonCounts(rates: number[], seed: number): number[] {
  const random = seededRandom(seed);
  const known = new Map<number, number[]>();
  return rates.map((rate) => {
    const sums = known.get(rate) ?? atMost(rate);
    known.set(rate, sums);
    const share = random();
    const count = sums.findIndex((sum) => share < sum);
    return count < 0 ? sums.length : count;
  });
}

const means = async (rates: number[], histories = 40) => {
  const said = await Promise.all(
    Array.from({ length: histories }, (_, seed) => learned.forecast(poissonCounts(rates, seed))),
  );
  return {
    medianPerS: mean(said.map(({ medianPerS }) => medianPerS)),
    p90PerS: mean(said.map(({ p90PerS }) => p90PerS)),
  };
};

/** The share's quantile of the maximum of {@link HORIZON_S} Poisson counts. */
function trueQuantile(ratePerS: number, share: number): number {
  return atMost(ratePerS).findIndex((sum) => sum ** HORIZON_S >= share);
}

it('says in Node what it says elsewhere', async () => {
  for (const { countsPerS, ...expected } of forecasts)
    expectNear(await learned.forecast(countsPerS), expected);
});

it('answers each of several askers at once', async () => {
  const answers = await Promise.all(forecasts.map(({ countsPerS }) => learned.forecast(countsPerS)));
  answers.forEach((answer, i) => {
    expectNear(answer, forecasts[i]!);
  });
});

describe('of Poisson arrivals', () => {
  it.each(RATES)('at a steady %d/s, forecasts are within a tenth of the true quantiles', async (rate) => {
    const { medianPerS, p90PerS } = await means(steady(rate), 300);
    expect(Math.abs(medianPerS / trueQuantile(rate, 0.5) - 1)).toBeLessThan(0.1);
    expect(Math.abs(p90PerS / trueQuantile(rate, 0.9) - 1)).toBeLessThan(0.1);
  });

  it.each(RATES)(
    'that trebled half a minute ago to 3 × %d/s, or fell back, it follows them',
    async (rate) => {
      for (const [before, after] of [
        [rate, 3 * rate],
        [3 * rate, rate],
      ] as const) {
        const { medianPerS } = await means([...steady(before, 90), ...steady(after, 30)]);
        expect(Math.abs(medianPerS / trueQuantile(after, 0.5) - 1)).toBeLessThan(0.25);
      }
    },
  );
});

it.each([1, 10, 1000])('%d requests in every second are expected to go on', async (rate) => {
  const { medianPerS, p90PerS } = await learned.forecast(steady(rate));
  expect(medianPerS).toBeGreaterThanOrEqual(rate);
  expect(p90PerS).toBeLessThanOrEqual(1 + 1.03 * rate);
});

it('of silence, at most one request is expected', async () => {
  expect((await learned.forecast(steady(0))).p90PerS).toBeLessThanOrEqual(1);
});

describe('of any history', () => {
  const history = (minS: number, minRatePerS: number) =>
    fc.integer({ min: minS, max: HISTORY_S }).chain((seconds) =>
      fc.oneof(
        fc.array(fc.integer({ min: Math.floor(minRatePerS), max: 10_000 }), {
          minLength: seconds,
          maxLength: seconds,
        }),
        fc
          .record({ rate: fc.double({ min: minRatePerS, max: 1000, noNaN: true }), seed: fc.nat() })
          .map(({ rate, seed }) => poissonCounts(steady(rate, seconds), seed)),
      ),
    );

  it('forecasts are whole, in order, and not beyond three times what was seen', async () => {
    await fc.assert(
      fc.asyncProperty(history(1, 0.01), async (counts) => {
        const { medianPerS, p90PerS } = await learned.forecast(counts);
        expect(Number.isInteger(medianPerS) && Number.isInteger(p90PerS)).toBe(true);
        expect(medianPerS).toBeGreaterThanOrEqual(Math.floor(Math.min(...counts)));
        expect(p90PerS).toBeGreaterThanOrEqual(medianPerS);
        expect(p90PerS).toBeLessThanOrEqual(3 + 3 * Math.max(...counts));
      }),
    );
  });

  it('of 10 s or more at 20/s or more, ten times the counts give ten times the forecast, within one request and a tenth', async () => {
    await fc.assert(
      fc.asyncProperty(history(10, 20), async (counts) => {
        const one = await learned.forecast(counts);
        const ten = await learned.forecast(counts.map((count) => 10 * count));
        for (const name of ['medianPerS', 'p90PerS'] as const)
          expect(Math.abs(ten[name] / 10 - one[name])).toBeLessThanOrEqual(1 + 0.1 * one[name]);
      }),
    );
  });
});

// One second does not show how much of its count is chance: the longer the history, the nearer the share comes to 90 %.
it.each([
  [1, 0.55],
  [5, 0.78],
  [10, 0.85],
  [30, 0.88],
])('from a history of %d s, p90 covers %d of a steady Poisson load', async (seconds, share) => {
  const counts = poissonCounts(steady(8, 20_000), 1);
  const covered: number[] = [];
  for (let now = seconds; now + HORIZON_S <= counts.length; now += seconds + HORIZON_S) {
    const { p90PerS } = await learned.forecast(counts.slice(now - seconds, now));
    covered.push(Math.max(...counts.slice(now, now + HORIZON_S)) <= p90PerS ? 1 : 0);
  }
  expect(mean(covered)).toBeGreaterThan(share);
});

const trainingTrace = referenceFile('ipa/traces/train_per_second.txt.gz');

it.skipIf(!trainingTrace)(
  'on the days held back: SMAPE ≤ 0.72 of the last window’s, p90 covers 90 %',
  async () => {
    const days = heldBackDays(trainingTrace!, 2);
    const reactive = await judge(lastWindow, days);
    const { intervals, smape, p90Coverage } = await judge(learned, days);
    expect(intervals).toBeGreaterThan(16_000);
    expect(smape).toBeLessThanOrEqual(0.72 * reactive.smape);
    expect(p90Coverage).toBeGreaterThanOrEqual(0.9);
  },
);

const bursty = referenceFile('ipa/traces/bursty.json');

it.skipIf(!bursty)('on the workload “bursty”: SMAPE ≤ 9 %, p90 covers 90 %', async () => {
  const { rps } = JSON.parse(readFileSync(bursty!, 'utf8'));
  const { smape, p90Coverage } = await judge(learned, [rps]);
  expect(smape).toBeLessThanOrEqual(9);
  expect(p90Coverage).toBeGreaterThanOrEqual(0.9);
});
