import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { HISTORY_S, HORIZON_S, type Predictor } from '../../../../solver/adapt/predictors/predictor.ts';
import { mean } from '../../../../solver/math/statistics.ts';

const DAY_S = 86_400;
const STRIDE_S = 10;
const OUTAGE_S = 10;

/** Returns the requests of each second of the last days of IPA's training trace, in stretches between gaps without records. */
export function heldBackDays(file: string, days: number): number[][] {
  const counts = gunzipSync(readFileSync(file)).toString().trim().split('\n').map(Number);
  const stretches: number[][] = [];
  let zeros = OUTAGE_S;
  for (const count of counts.slice(-days * DAY_S)) {
    if (count === 0) {
      zeros++;
      continue;
    }
    if (zeros >= OUTAGE_S) stretches.push([]);
    else stretches.at(-1)!.push(...Array<number>(zeros).fill(0));
    stretches.at(-1)!.push(count);
    zeros = 0;
  }
  return stretches;
}

/** Compares a predictor's forecasts, one every 10 s, with the requests that came. */
export async function judge(predictor: Predictor, stretches: readonly (readonly number[])[]) {
  const errors: number[] = [];
  const covered: number[] = [];
  for (const counts of stretches)
    for (let now = HISTORY_S; now + HORIZON_S <= counts.length; now += STRIDE_S) {
      const { medianPerS, p90PerS } = await predictor.forecast(counts.slice(now - HISTORY_S, now));
      const actual = Math.max(...counts.slice(now, now + HORIZON_S));
      errors.push(actual === medianPerS ? 0 : (200 * Math.abs(actual - medianPerS)) / (actual + medianPerS));
      covered.push(actual <= p90PerS ? 1 : 0);
    }
  return { intervals: errors.length, smape: mean(errors), p90Coverage: mean(covered) };
}
