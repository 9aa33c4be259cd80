import type { TracePart } from '../documents/trace.ts';
import { type Random, seededRandom } from '../math/random.ts';
import { sum } from '../math/statistics.ts';

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
const INTERVALS_PER_REQUEST_MAX = 100;

type Rates = Pick<TracePart, 'rates' | 'intervalS' | 'endS'>;

interface Interval {
  /** Mean number of arrivals. */
  readonly expected: number;
  /** Length as a share of a whole interval: below 1 for the last interval of a part that ends within an interval. */
  readonly share: number;
}

const intervalsOf = ({ rates, intervalS, endS }: Rates, scale: number): Interval[] =>
  rates.map((rate, i) => {
    const share = endS === undefined ? 1 : Math.min(1, endS / intervalS - i);
    return { expected: rate * intervalS * scale * share, share };
  });

/** The mean number of arrivals of a trace. @param scale factor by which the rates are multiplied */
export const expectedArrivals = (trace: Rates, scale: number): number =>
  sum(intervalsOf(trace, scale).map(({ expected }) => expected));

/** The arrival times of a trace, in milliseconds from its start, rising. */
export function arrivalsOf(trace: Rates, options: ArrivalOptions): Float64Array {
  const arrivals = options.kind === 'exact' ? exactArrivals : poissonArrivals;
  return arrivals(intervalsOf(trace, options.scale), trace.intervalS * 1000, seededRandom(options.seed));
}

/**
 * Arrival times for `durationS` seconds at one rate: round(ratePerS · durationS) of them, spread evenly over intervals of a
 * second or, if there are over {@link INTERVALS_PER_REQUEST_MAX} seconds for each request, over longer intervals.
 */
export function constantRate(ratePerS: number, durationS: number, seed: number): Float64Array {
  const requests = ratePerS * durationS;
  const intervals = Math.max(1, Math.round(Math.min(durationS, requests * INTERVALS_PER_REQUEST_MAX)));
  const even = Array.from({ length: intervals }, () => ({ expected: requests / intervals, share: 1 }));
  return exactArrivals(even, (durationS * 1000) / intervals, seededRandom(seed));
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
function exactArrivals(intervals: readonly Interval[], lengthMs: number, random: Random): Float64Array {
  const arrivals: number[] = [];
  let total = 0;
  intervals.forEach(({ expected, share }, i) => {
    total += expected;
    while (arrivals.length < Math.round(total)) arrivals.push((i + share * random()) * lengthMs);
  });
  return Float64Array.from(arrivals).sort();
}

function poissonArrivals(intervals: readonly Interval[], lengthMs: number, random: Random): Float64Array {
  const arrivals: number[] = [];
  intervals.forEach(({ expected, share }, i) => {
    const gap = () => -Math.log(1 - random()) / expected;
    for (let at = gap(); at < 1; at += gap()) arrivals.push((i + share * at) * lengthMs);
  });
  return Float64Array.from(arrivals);
}
