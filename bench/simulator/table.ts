import { percent } from '../../solver/math/figures.ts';
import { median } from '../../solver/math/statistics.ts';
import { ms, share, table } from '../../workers/command/terminal.ts';
import type { Setting } from './plans.ts';

const TARGET = { p95: 0.15, attainment: 0.03 };

interface Figures {
  readonly p95: number | null;
  readonly attainment: number;
}

/** A run with its two simulations: `own` with the run's service times, `profile` with those of the profile. */
export interface Row extends Setting {
  readonly batches: readonly number[];
  readonly ratePerS: number;
  readonly slaMs: number;
  readonly requests: number;
  readonly latenessP99Ms: number;
  readonly valid: boolean;
  /** Share of the run for which its busiest worker was busy. */
  readonly busiest: number;
  readonly measured: Figures;
  readonly own: Figures;
  readonly profile: Figures;
}

const SOURCES = { own: "the run's own samples", profile: "the profile's samples" } as const;
type Source = keyof typeof SOURCES;

const p95Error = (row: Row, of: Source): number =>
  Math.abs((row[of].p95 ?? 0) / (row.measured.p95 ?? Number.NaN) - 1);
const attainmentError = (row: Row, of: Source): number =>
  Math.abs(row[of].attainment - row.measured.attainment);

const HEADS = 'setting,req/s,n,SLA ms,busy,late p99,p95 run,own,error,profile,error'.split(',');
const ATTAINMENT_HEADS = 'attained run,own,error,profile,error'.split(',');

/** All runs with the errors of their simulations, and the median errors. */
export const errorTable = (rows: readonly Row[]): string =>
  [
    table(
      [...HEADS, ...ATTAINMENT_HEADS],
      rows.map((row) => [
        `${row.backend} ${100 * row.utilisation} % b${[...new Set(row.batches)].join('/')}${row.valid ? '' : ' (not valid)'}`,
        row.ratePerS.toFixed(1),
        String(row.requests),
        ms(row.slaMs),
        share(row.busiest),
        ms(row.latenessP99Ms),
        ms(row.measured.p95),
        ...(['own', 'profile'] as const).flatMap((of) => [ms(row[of].p95), percent(p95Error(row, of))]),
        share(row.measured.attainment),
        ...(['own', 'profile'] as const).flatMap((of) => [
          share(row[of].attainment),
          attainmentError(row, of).toFixed(3),
        ]),
      ]),
    ),
    ...(['own', 'profile'] as const).map(
      (of) =>
        `${SOURCES[of]}: median error of p95 ` +
        `${percent(median(rows.map((row) => p95Error(row, of))))} (target ${percent(TARGET.p95)}), ` +
        `of attainment ${median(rows.map((row) => attainmentError(row, of))).toFixed(3)} (target ${TARGET.attainment})`,
    ),
  ].join('\n');
