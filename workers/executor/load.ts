import type { RunReport } from '../../solver/documents/report.ts';
import type { Trace } from '../../solver/documents/trace.ts';
import { type ArrivalKind, arrivalsOf, constantRate } from '../../solver/simulate/arrivals.ts';

/** When requests arrive. */
export interface Load {
  readonly kind: RunReport['load']['kind'];
  /** Mean over the run. */
  readonly ratePerS: number;
  readonly durationS: number;
  /** Scheduled arrivals from the start of the run, rising. */
  readonly arrivalsMs: Float64Array;
}

/** The first `sent` requests of a load that was stopped after `durationS` seconds. */
export const stoppedLoad = ({ kind, arrivalsMs }: Load, sent: number, durationS: number): Load => ({
  kind,
  ratePerS: sent / durationS,
  durationS,
  arrivalsMs: arrivalsMs.subarray(0, sent),
});

/** One rate for `durationS` seconds, at seeded uniform times. */
export const constantLoad = (ratePerS: number, durationS: number, seed: number): Load => ({
  kind: 'constant-rate',
  ratePerS,
  durationS,
  arrivalsMs: constantRate(ratePerS, durationS, seed),
});

/** A trace's rates times `scale`: as its counts at seeded uniform times, or as a Poisson process of them. */
export function traceLoad(trace: Trace, scale: number, seed: number, kind: ArrivalKind = 'exact'): Load {
  const arrivalsMs = arrivalsOf(trace, { scale, seed, kind });
  const durationS = trace.rates.length * trace.intervalS;
  return { kind: 'trace', ratePerS: arrivalsMs.length / durationS, durationS, arrivalsMs };
}
