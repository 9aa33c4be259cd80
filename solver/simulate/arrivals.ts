import type { TracePart } from '../documents/trace.ts';
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

type Rates = Pick<TracePart, 'rates' | 'intervalS' | 'endS'>;

/** The length of the last interval of a trace, as a share of the others' length. */
const lastShare = ({ rates, intervalS, endS }: Rates): number =>
  endS === undefined ? 1 : endS / intervalS - (rates.length - 1);

/** The mean number of arrivals in each interval of a trace. @param scale factor by which the rates are multiplied */
export const expectedArrivals = (trace: Rates, scale: number): number[] =>
  trace.rates.map(
    (rate, i) => rate * trace.intervalS * scale * (i === trace.rates.length - 1 ? lastShare(trace) : 1),
  );

/** The arrival times of a trace, in milliseconds from its start, rising. */
export function arrivalsOf(trace: Rates, options: ArrivalOptions): Float64Array {
  const lengthMs = trace.intervalS * 1000;
  const expected = expectedArrivals(trace, options.scale);
  const random = seededRandom(options.seed);
  const arrivals = options.kind === 'exact' ? exactArrivals : poissonArrivals;
  return arrivals(expected, lengthMs, random, lastShare(trace));
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

/**
 * Carries a fraction of a request over to the next interval, so that the total is always the rounded expected sum.
 * @param last length of the last interval, as a share of the others' length
 */
function exactArrivals(
  expected: readonly number[],
  lengthMs: number,
  random: Random,
  last = 1,
): Float64Array {
  const arrivals: number[] = [];
  let sum = 0;
  expected.forEach((count, i) => {
    sum += count;
    const length = i === expected.length - 1 ? last : 1;
    while (arrivals.length < Math.round(sum)) arrivals.push((i + length * random()) * lengthMs);
  });
  return Float64Array.from(arrivals).sort();
}

function poissonArrivals(
  expected: readonly number[],
  lengthMs: number,
  random: Random,
  last: number,
): Float64Array {
  const arrivals: number[] = [];
  expected.forEach((count, i) => {
    const gap = () => -Math.log(1 - random()) / count;
    const length = i === expected.length - 1 ? last : 1;
    for (let at = gap(); at < 1; at += gap()) arrivals.push((i + length * at) * lengthMs);
  });
  return Float64Array.from(arrivals);
}
