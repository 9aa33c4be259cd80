import type { Interval, RequestRecord } from '../documents/report.ts';
import { requestResult } from './run-result.ts';

/** A value that holds from a moment until the next. The first is from 0. */
export interface Held {
  readonly atMs: number;
  readonly value: number;
}

/** Mean of a value from `fromMs` to `toMs`. */
export function meanHeld(held: readonly Held[], fromMs: number, toMs: number): number {
  let sum = 0;
  held.forEach(({ atMs, value }, i) => {
    const from = Math.max(fromMs, atMs);
    const to = Math.min(toMs, held[i + 1]?.atMs ?? toMs);
    if (to > from) sum += value * (to - from);
  });
  // Rounding must not lift a mean above what it is of.
  const most = Math.max(...held.map(({ value }) => value));
  return toMs > fromMs
    ? Math.min(most, sum / (toMs - fromMs))
    : held.findLast(({ atMs }) => atMs <= fromMs)!.value;
}

/** Length of a stretch: short enough for a burst to show, long enough for a percentile. */
const STRETCH_MS = 10_000;

/** A run in stretches of 10 s; the last one may be shorter. */
export function overTime(
  requests: readonly RequestRecord[],
  { cost, pas }: { readonly cost: readonly Held[]; readonly pas: readonly Held[] },
  slaMs: number,
  durationS: number,
): Interval[] {
  const stretches = Math.max(1, Math.ceil((durationS * 1000) / STRETCH_MS));
  const arrived: RequestRecord[][] = Array.from({ length: stretches }, () => []);
  for (const request of requests)
    arrived[Math.min(stretches - 1, Math.floor(request.arrivalMs / STRETCH_MS))]!.push(request);
  return arrived.map((own, i) => {
    const fromMs = i * STRETCH_MS;
    const toMs = Math.min(durationS * 1000, fromMs + STRETCH_MS);
    const lengthS = (toMs - fromMs) / 1000;
    const { latencyMs, slaAttainment } = requestResult(own, slaMs, lengthS);
    return {
      fromMs,
      ratePerS: own.length / lengthS,
      p50Ms: latencyMs.p50,
      p95Ms: latencyMs.p95,
      slaAttainment,
      cost: meanHeld(cost, fromMs, toMs),
      pas: meanHeld(pas, fromMs, toMs),
    };
  });
}
