import type { Trace } from '../documents/trace.ts';
import { type Random, seededRandom } from '../math/random.ts';

/**
 * How arrivals follow the rates of a trace. `exact`: each interval has as many arrivals as its rate says, at uniformly random
 * times; a fraction of an arrival is carried over to the next interval. `poisson`: arrivals are a Poisson process with these
 * rates.
 */
export type ArrivalKind = 'exact' | 'poisson';

interface ArrivalOptions {
  /** Factor by which the rates are multiplied. */
  readonly scale: number;
  readonly seed: number;
  readonly kind: ArrivalKind;
}

/** More intervals for each request than this would not spread the requests more evenly. */
const INTERVALS_PER_REQUEST_MOST = 100;

/** The arrival times of a trace, in milliseconds from its start, rising. */
export function arrivalsOf(trace: Pick<Trace, 'rates' | 'intervalS'>, options: ArrivalOptions): Float64Array {
  const lengthMs = trace.intervalS * 1000;
  const expected = trace.rates.map((rate) => rate * trace.intervalS * options.scale);
  const random = seededRandom(options.seed);
  return options.kind === 'exact'
    ? exactArrivals(expected, lengthMs, random)
    : poissonArrivals(expected, lengthMs, random);
}

/**
 * Arrival times for `durationS` seconds at one rate: round(ratePerS · durationS) of them, spread evenly over intervals of a
 * second or, if there are over {@link INTERVALS_PER_REQUEST_MOST} seconds for each request, over longer intervals.
 */
export function constantRate(ratePerS: number, durationS: number, seed: number): Float64Array {
  const requests = ratePerS * durationS;
  const intervals = Math.max(1, Math.round(Math.min(durationS, requests * INTERVALS_PER_REQUEST_MOST)));
  const expected = Array.from({ length: intervals }, () => requests / intervals);
  return exactArrivals(expected, (durationS * 1000) / intervals, seededRandom(seed));
}

/** The number of arrivals in each second, up to the second of the last arrival. */
export function countsPerSecond(arrivalsMs: ArrayLike<number>): number[] {
  const counts: number[] = [];
  for (let i = 0; i < arrivalsMs.length; i++) {
    const second = Math.floor(arrivalsMs[i]! / 1000);
    while (counts.length <= second) counts.push(0);
    counts[second]!++;
  }
  return counts;
}

/** Carries a fraction of a request over to the next interval, so that the total is always the rounded expected sum. */
function exactArrivals(expected: readonly number[], lengthMs: number, random: Random): Float64Array {
  const arrivals: number[] = [];
  let sum = 0;
  expected.forEach((count, i) => {
    sum += count;
    while (arrivals.length < Math.round(sum)) arrivals.push((i + random()) * lengthMs);
  });
  return Float64Array.from(arrivals).sort();
}

function poissonArrivals(expected: readonly number[], lengthMs: number, random: Random): Float64Array {
  const arrivals: number[] = [];
  expected.forEach((count, i) => {
    const gap = () => -Math.log(1 - random()) / count;
    for (let at = gap(); at < 1; at += gap()) arrivals.push((i + at) * lengthMs);
  });
  return Float64Array.from(arrivals);
}
