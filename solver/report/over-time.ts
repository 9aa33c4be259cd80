import type { Interval, RequestRecord } from '../documents/run-report.ts';
import { largest } from '../math/statistics.ts';
import { requestResult } from './run-result.ts';

/** A value that holds from `atMs` until the next value in its list begins. The first value holds from 0. */
export interface TimedValue {
  readonly atMs: number;
  readonly value: number;
}

/** The mean over time of a value from `fromMs` to `toMs`. */
export function timeMean(values: readonly TimedValue[], fromMs: number, toMs: number): number {
  let sum = 0;
  values.forEach(({ atMs, value }, i) => {
    const from = Math.max(fromMs, atMs);
    const to = Math.min(toMs, values[i + 1]?.atMs ?? toMs);
    if (to > from) sum += value * (to - from);
  });
  // Rounding errors must not lift the mean above the largest value.
  const most = largest(values.map(({ value }) => value));
  return toMs > fromMs
    ? Math.min(most, sum / (toMs - fromMs))
    : values.findLast(({ atMs }) => atMs <= fromMs)!.value;
}

/** A PAS that holds from `atMs` on; null if no variant has a known accuracy. */
export interface TimedPas {
  readonly atMs: number;
  readonly value: number | null;
}

/** The mean PAS from `fromMs` to `toMs`; null if any of the values is unknown. */
export const meanPas = (values: readonly TimedPas[], fromMs: number, toMs: number): number | null =>
  values.every((one): one is TimedValue => one.value !== null) ? timeMean(values, fromMs, toMs) : null;

/** Length of a report's intervals: short enough for a burst to show, long enough for a percentile. */
const INTERVAL_MS = 10_000;

/** For each interval of a run, the values that hold in it, so that a long run does not read all values for each interval. */
function heldIn<V extends { readonly atMs: number }>(values: readonly V[], intervals: number): V[][] {
  const held = Array.from({ length: intervals }, (): V[] => []);
  values.forEach((value, i) => {
    const untilMs = values[i + 1]?.atMs ?? Number.POSITIVE_INFINITY;
    const first = i === 0 ? 0 : Math.floor(value.atMs / INTERVAL_MS);
    for (let at = first; at < intervals && at * INTERVAL_MS < untilMs; at++) held[at]!.push(value);
  });
  return held;
}

/** Divides a run into intervals of 10 s, the last of which may be shorter. */
export function overTime(
  requests: readonly RequestRecord[],
  { cost, pas }: { readonly cost: readonly TimedValue[]; readonly pas: readonly TimedPas[] },
  slaMs: number,
  durationS: number,
): Interval[] {
  const intervals = Math.max(1, Math.ceil((durationS * 1000) / INTERVAL_MS));
  const arrived: RequestRecord[][] = Array.from({ length: intervals }, () => []);
  for (const request of requests)
    arrived[Math.min(intervals - 1, Math.floor(request.arrivalMs / INTERVAL_MS))]!.push(request);
  const [costs, accuracies] = [heldIn(cost, intervals), heldIn(pas, intervals)];
  return arrived.map((own, i) => {
    const fromMs = i * INTERVAL_MS;
    const toMs = Math.min(durationS * 1000, fromMs + INTERVAL_MS);
    const lengthS = (toMs - fromMs) / 1000;
    const { latencyMs, slaAttainment } = requestResult(own, slaMs, lengthS);
    return {
      fromMs,
      ratePerS: own.length / lengthS,
      p50Ms: latencyMs.p50,
      p95Ms: latencyMs.p95,
      slaAttainment,
      cost: timeMean(costs[i]!, fromMs, toMs),
      pas: meanPas(accuracies[i]!, fromMs, toMs),
    };
  });
}
