import { z } from 'zod';
import { InputError } from '../../solver/documents/coded-error.ts';
import { parseDocument } from '../../solver/documents/document.ts';
import type { RunReport } from '../../solver/documents/run-report.ts';
import { TRACE, type TracePart } from '../../solver/documents/trace.ts';
import { grouped, requestsPerS } from '../../solver/math/figures.ts';
import {
  type ArrivalKind,
  arrivalsOf,
  constantRate,
  expectedArrivals,
} from '../../solver/simulate/arrivals.ts';

/** A run records every request, so memory limits their number. */
const REQUESTS_MAX = 2_000_000;

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

/** A run keeps counts for each second and figures for each 10 s, so a longer run could need more memory than there is. */
const DURATION_S_MAX = 10_000_000;

/** A load lasts longer than a run can record. */
export class TooLongLoadError extends InputError {
  override name = 'TooLongLoadError';
  constructor(durationS: number, mostS: number) {
    super(
      `The load lasts ${grouped(durationS)} s; a run takes at most ${grouped(mostS)} s. Let requests arrive for a shorter ` +
        'time. The intervals of a trace are in seconds.',
    );
  }
}

/** A load has no request, so a run under it would show nothing. */
export class NoRequestsError extends InputError {
  override name = 'NoRequestsError';
  /** @param ratePerS the mean rate that was asked for */
  constructor(ratePerS: number, durationS: number) {
    super(
      `At ${requestsPerS(ratePerS, 3)} no request arrives in ${durationS} s. Raise the rate, or let requests arrive for longer.`,
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

const constantSchema = z.object({ ratePerS: z.number(), durationS: z.number(), seed: z.number() });
const traceSchema = z.object({
  trace: z.object({ schema: z.literal(TRACE) }),
  scale: z.number(),
  seed: z.number(),
  kind: z.enum(['exact', 'poisson']),
});

/** @throws InvalidDocumentError */
const check = (schema: z.ZodType, given: object): void =>
  void parseDocument(schema, given, 'What a load is made of');

function checkSize(requests: number, durationS: number): void {
  if (durationS > DURATION_S_MAX) throw new TooLongLoadError(durationS, DURATION_S_MAX);
  if (requests > REQUESTS_MAX) throw new TooManyRequestsError(requests, REQUESTS_MAX);
}

/**
 * A load with a constant arrival rate for `durationS` seconds. The requests are spread evenly over the seconds, and arrive at
 * uniformly random times within each.
 * @throws InvalidDocumentError, TooManyRequestsError, TooLongLoadError, NoRequestsError
 */
export function constantLoad(ratePerS: number, durationS: number, seed: number): Load {
  check(constantSchema, { ratePerS, durationS, seed });
  checkSize(ratePerS * durationS, durationS);
  const arrivalsMs = constantRate(ratePerS, durationS, seed);
  if (arrivalsMs.length === 0) throw new NoRequestsError(ratePerS, durationS);
  return { kind: 'constant-rate', ratePerS, durationS, arrivalsMs };
}

/**
 * The load of a trace, with its rates multiplied by `scale`.
 * @param kind `exact`: as many arrivals per interval as the trace says, at uniformly random times; `poisson`: a Poisson process
 * @throws InvalidDocumentError, TooManyRequestsError, TooLongLoadError, NoRequestsError
 */
export function traceLoad(trace: TracePart, scale: number, seed: number, kind: ArrivalKind = 'exact'): Load {
  check(traceSchema, { trace, scale, seed, kind });
  const expected = expectedArrivals(trace, scale);
  const durationS = trace.endS ?? trace.rates.length * trace.intervalS;
  checkSize(expected, durationS);
  const arrivalsMs = arrivalsOf(trace, { scale, seed, kind });
  if (arrivalsMs.length === 0) throw new NoRequestsError(expected / durationS, durationS);
  return { kind: 'trace', ratePerS: arrivalsMs.length / durationS, durationS, arrivalsMs };
}
