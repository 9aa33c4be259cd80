import { InputError } from '../../solver/documents/coded-error.ts';
import type { RunReport } from '../../solver/documents/run-report.ts';
import type { Trace } from '../../solver/documents/trace.ts';
import { grouped } from '../../solver/math/figures.ts';
import { type ArrivalKind, arrivalsOf, constantRate } from '../../solver/simulate/arrivals.ts';

/** A run records every request, so memory limits their number. */
const MOST_REQUESTS = 2_000_000;

/** A load has more requests than a run can record. */
export class TooManyRequestsError extends InputError {
  override name = 'TooManyRequestsError';
  constructor(requests: number, most: number) {
    super(
      `The load has ${grouped(Math.round(requests))} requests; a run takes at most ${grouped(most)}. ` +
        'Lower its rate, or let requests arrive for a shorter time.',
    );
  }
}

/** A load has no request, so a run under it would show nothing. */
export class NoRequestsError extends InputError {
  override name = 'NoRequestsError';
  constructor({ ratePerS, durationS }: Load) {
    super(
      `At ${ratePerS} requests/s no request arrives in ${durationS} s. Raise the rate, or let requests arrive for longer.`,
    );
  }
}

/** A load: the times at which the requests of a run arrive. */
export interface Load {
  readonly kind: RunReport['load']['kind'];
  /** Mean arrival rate of the run. */
  readonly ratePerS: number;
  readonly durationS: number;
  /** Scheduled arrival times in ascending order, counted from the start of the run. */
  readonly arrivalsMs: Float64Array;
}

/** A load cut short after its first `sent` requests, which took `durationS` seconds. */
export const stoppedLoad = ({ kind, arrivalsMs }: Load, sent: number, durationS: number): Load => ({
  kind,
  ratePerS: sent / durationS,
  durationS,
  arrivalsMs: arrivalsMs.subarray(0, sent),
});

function checkRequests(requests: number): void {
  if (requests > MOST_REQUESTS) throw new TooManyRequestsError(requests, MOST_REQUESTS);
}

/** @throws NoRequestsError */
export function checkArrivals(load: Load): void {
  if (load.arrivalsMs.length === 0) throw new NoRequestsError(load);
}

/**
 * A load with a constant arrival rate for `durationS` seconds. The requests are spread evenly over the seconds, and arrive at
 * uniformly random times within each.
 * @throws TooManyRequestsError
 */
export function constantLoad(ratePerS: number, durationS: number, seed: number): Load {
  checkRequests(ratePerS * durationS);
  return {
    kind: 'constant-rate',
    ratePerS,
    durationS,
    arrivalsMs: constantRate(ratePerS, durationS, seed),
  };
}

/**
 * The load of a trace, with its rates multiplied by `scale`.
 * @param kind `exact`: as many arrivals per interval as the trace says, at uniformly random times; `poisson`: a Poisson process
 * @throws TooManyRequestsError
 */
export function traceLoad(trace: Trace, scale: number, seed: number, kind: ArrivalKind = 'exact'): Load {
  checkRequests(trace.rates.reduce((sum, rate) => sum + rate * trace.intervalS * scale, 0));
  const arrivalsMs = arrivalsOf(trace, { scale, seed, kind });
  const durationS = trace.rates.length * trace.intervalS;
  return { kind: 'trace', ratePerS: arrivalsMs.length / durationS, durationS, arrivalsMs };
}
