import { number } from '../components/format.ts';
import type { ChartPoint } from './chart-points.ts';
import type { SeriesStyle } from './series.ts';

/** Time in the run in seconds, and the value at that time; null if unknown. */
export type LivePoint = readonly [s: number, value: number | null];

export interface LiveLine {
  readonly label: string;
  readonly style: Pick<SeriesStyle, 'colour' | 'dash'>;
  /** A value is valid until the next point. */
  readonly points: readonly LivePoint[];
}

export interface LiveDots {
  readonly label: string;
  readonly colour: string;
  /** A point without a value is drawn at the top. */
  readonly points: readonly LivePoint[];
  readonly size: number;
  readonly shape: 'circle' | 'square';
}

interface LiveSeries {
  readonly fromS: number;
  readonly toS: number;
  readonly lines: readonly LiveLine[];
  readonly dots: readonly LiveDots[];
  /** Formats a value with its unit. */
  readonly show: (value: number) => string;
}

/**
 * Makes a point for each second from `fromS` to the last second with a value. The text of a point is computed only when it is
 * shown, to save time.
 */
export function secondsOf(series: LiveSeries): ChartPoint[] {
  const { fromS, toS, lines, dots } = series;
  const known = lines.flatMap(({ points }) => points.filter(([, value]) => value !== null));
  const last = [...known, ...dots.flatMap(({ points }) => points)].reduce(
    (latest, [s]) => Math.max(latest, s),
    fromS,
  );
  const first = Math.floor(fromS);
  return Array.from(
    { length: Math.max(1, Math.min(Math.ceil(toS), Math.floor(last) + 1) - first) },
    (_, i) => ({
      x: first + i,
      get text() {
        return textAt(series, first + i);
      },
    }),
  );
}

function textAt({ lines, dots, show }: LiveSeries, second: number): string {
  return [
    `${number(second, 0)} s`,
    ...lines.flatMap(({ label, points }) => {
      const value = points.findLast(([s]) => s <= second)?.[1] ?? null;
      return value === null ? [] : [`${label} ${show(value)}`];
    }),
    ...dots.flatMap(({ label, points }) => {
      const own = points.filter(([s]) => Math.floor(s) === second);
      const longest = own.reduce<number | null>(
        (most, [, value]) => (value === null ? most : Math.max(most ?? 0, value)),
        null,
      );
      return own.length === 0
        ? []
        : [`${number(own.length)} ${label}${longest === null ? '' : `, up to ${show(longest)}`}`];
    }),
  ].join('\n');
}
