import { TRACE, type TracePart, traceUntil } from '../documents/trace.ts';
import { type Random, seededRandom } from '../math/random.ts';
import { normalQuantile, sum } from '../math/statistics.ts';

/** The loads of IPA's experiments (Ghafouri et al., JSys 2024): parts of Twitter's request rate of August 2021, divided by 8. */
export const TRACE_KINDS = ['bursty', 'steady-low', 'steady-high', 'fluctuating'] as const;
export type TraceKind = (typeof TRACE_KINDS)[number];

/** A part of a load: its share of the duration, and its first and last level in requests/s, between which it is linear. */
type Segment = readonly [share: number, from: number, to: number];

/** The shape of each load. Over 1200 s, its mean, minimum and maximum requests/s are those of the published load. */
const SHAPES: Record<TraceKind, { min: number; max: number; segments: readonly Segment[] }> = {
  // Mean 12.0 requests/s, with a sudden burst to four times the rate, which ends over a few minutes.
  bursty: {
    min: 3,
    max: 34,
    segments: [
      [0.34, 6, 6],
      [0.24, 24, 29],
      [0.13, 20, 8],
      [0.29, 6, 6],
    ],
  },
  // Mean 5.1 requests/s.
  'steady-low': { min: 3, max: 8, segments: [[1, 5.1, 5.1]] },
  // Mean 28.8 requests/s.
  'steady-high': { min: 23, max: 34, segments: [[1, 28.8, 28.8]] },
  // Mean 16.5 requests/s, with three bursts.
  fluctuating: {
    min: 3,
    max: 34,
    segments: [
      [0.12, 6, 6],
      [0.14, 24, 29],
      [0.18, 20, 6],
      [0.18, 22, 29],
      [0.08, 16, 8],
      [0.1, 6, 6],
      [0.1, 24, 26],
      [0.1, 18, 8],
    ],
  },
};

/** Time constant with which the rate follows a jump between segments. */
const RISE_S = 3;

/**
 * Twitter's requests were counted before the rates were divided by 8, so the variance of a count is its level / 8, less than
 * that of a Poisson process.
 */
const DAMPING = 8;

/** The seed makes a segment longer or shorter by at most this fraction of its share. */
const SHARE_JITTER = 0.1;

/**
 * Generates a load like one of IPA's experiments, one whole count per second. Another duration stretches its shape, but a jump
 * still takes a few seconds.
 * @param options.durationS 1200 by default
 */
export function generatedTrace(kind: TraceKind, options: { durationS?: number; seed: number }): TracePart {
  const { durationS = 1200, seed } = options;
  const random = seededRandom(seed);
  const { min, max, segments } = SHAPES[kind];
  const level = levels(segments, random);
  let settled = segments[0]![1];
  const rates = Array.from({ length: Math.ceil(durationS) }, (_, second) => {
    settled += (level((second + 0.5) / durationS) - settled) / RISE_S;
    const count = settled + Math.sqrt(settled / DAMPING) * normalQuantile(random());
    return Math.min(max, Math.max(min, Math.round(count)));
  });
  return traceUntil({ schema: TRACE, name: kind, unit: 'requests/s', intervalS: 1, rates }, durationS);
}

/** Makes a function that gives the level at a time, which is given as a fraction of the duration (0 to 1). */
function levels(segments: readonly Segment[], random: Random): (part: number) => number {
  const lengths = segments.map(([share]) => share * (1 + SHARE_JITTER * (2 * random() - 1)));
  const total = sum(lengths);
  return (part) => {
    let [i, at] = [0, part * total];
    while (i < segments.length - 1 && at > lengths[i]!) at -= lengths[i++]!;
    const [, from, to] = segments[i]!;
    return from + (to - from) * Math.min(1, at / lengths[i]!);
  };
}
