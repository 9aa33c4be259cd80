import * as Plot from '@observablehq/plot';
import { sortedNumbers } from '../../solver/math/statistics.ts';
import { number } from '../components/format.ts';
import { endLabels, logAxisY, MARGIN, type Rule, ruleAt, shortened, TO_THE_RIGHT } from './axis.ts';
import type { ChartPoint } from './chart-points.ts';
import { RULE, type SeriesStyle } from './series.ts';

/** Layout that charts with a common time axis share. */
interface TimeFrame {
  readonly endMs: number;
  /** Width for the labels at the ends of lines, in pixels. */
  readonly marginRight: number;
  /** Whether this is the last chart, the only one that shows the time axis. */
  readonly last: boolean;
  readonly width: number;
}

export interface TimePanel {
  readonly label: string;
  /** Labels at the right end of the chart. */
  readonly labels: readonly string[];
  draw(frame: TimeFrame): Plot.PlotOptions;
  /** Points for the arrow keys, in order of time. */
  points(endMs: number): readonly ChartPoint[];
}

/** A value that is valid until the next point; null if unknown. */
export interface TimePoint {
  readonly atMs: number;
  readonly value: number | null;
}

export interface TimeSeries {
  readonly label: string;
  readonly style: Pick<SeriesStyle, 'colour' | 'dash'>;
  /** In order of time. */
  readonly points: readonly TimePoint[];
  readonly strong?: boolean;
}

interface LinesPanel {
  readonly label: string;
  readonly series: readonly TimeSeries[];
  /** The value axis starts at 0 (`zero`), or near the lowest value (`near`), or is logarithmic (`log`). */
  readonly scale: 'zero' | 'near' | 'log';
  readonly rule?: Rule;
}

/** Height in pixels, enough for the labels of all lines. */
const heightOf = (series: readonly TimeSeries[]): number => Math.max(104, 20 * series.length);

/** Plot's options for a chart's size and time axis. @param inner height without axes, in pixels */
export function timeOptions(
  { endMs, marginRight, last }: TimeFrame,
  inner: number,
  marginTop = 24,
): Plot.PlotOptions {
  const marginBottom = last ? 36 : 12;
  return {
    height: marginTop + inner + marginBottom,
    marginTop,
    marginBottom,
    marginLeft: MARGIN.marginLeft,
    marginRight,
    x: {
      domain: [0, endMs / 1000],
      ...(last ? { label: 'time (s) →', labelAnchor: 'right' } : { axis: null }),
    },
  };
}

/** Makes a chart with several series as steps, each labelled at its end. */
export function linesPanel(panel: LinesPanel): TimePanel {
  const { label, series, rule } = panel;
  return {
    label,
    labels: [...series, ...(rule ? [rule] : [])].map((one) => one.label),
    draw(frame) {
      const domain = domainOf(panel);
      const log = panel.scale === 'log';
      const height = heightOf(series);
      return {
        ...timeOptions(frame, height),
        y: log ? { type: 'log', domain, axis: null } : { domain, label: `↑ ${label}`, grid: true, ticks: 4 },
        marks: [
          Plot.gridX(),
          ...(log ? logAxisY(domain, `↑ ${label}`) : []),
          endLabels(endsOf(panel, frame), domain, { height, log }),
          ...(rule ? [ruleAt(rule.value)] : []),
          ...series.map(({ points, style: { colour, dash }, strong }) =>
            Plot.lineY(stepped(points, frame.endMs), {
              x: 's',
              y: 'value',
              stroke: colour,
              strokeWidth: strong ? 2.25 : 1.5,
              strokeDasharray: dash,
            }),
          ),
          ...tipAlong(moments(series)),
        ],
      };
    },
    points: () => moments(series),
  };
}

/** Marks the point nearest to the pointer in time with a vertical line and a tooltip. */
export const tipAlong = (points: readonly ChartPoint[]): Plot.Markish[] => [
  Plot.ruleX(points, Plot.pointerX({ x: 'x', maxRadius: Number.POSITIVE_INFINITY, stroke: 'var(--muted)' })),
  Plot.tip(
    points,
    Plot.pointerX({ x: 'x', maxRadius: Number.POSITIVE_INFINITY, frameAnchor: 'top', title: 'text' }),
  ),
];

/** Draws both ends of each step, so that a step between unknown values is visible, too. */
const stepped = (points: readonly TimePoint[], endMs: number) =>
  points.flatMap(({ atMs, value }, i) =>
    [atMs, points[i + 1]?.atMs ?? endMs].map((ms) => ({ s: ms / 1000, value: value ?? Number.NaN })),
  );

function domainOf({ series, scale, rule }: LinesPanel): [number, number] {
  const known = series
    .flatMap(({ points }) => points.flatMap(({ value }) => value ?? []))
    .concat(rule?.value ?? []);
  const sorted = sortedNumbers(scale === 'log' ? known.filter((value) => value > 0) : known);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (scale === 'log') return least && most ? [least / 1.25, most * 1.25] : [1, 10];
  const high = Math.max(0, most ?? 0);
  if (scale === 'zero') return [0, high > 0 ? 1.08 * high : 1];
  const low = Math.min(high, least ?? 0);
  const room = Math.max(0.5, 0.08 * (high - low));
  return [low - room, high + room];
}

/** The last known value of each series and the value to compare with, at the end of the chart. */
function endsOf({ series, scale, rule }: LinesPanel, { endMs, marginRight }: TimeFrame) {
  const x = endMs / 1000;
  const name = (label: string) => shortened(label, marginRight - TO_THE_RIGHT.dx);
  return [
    ...series.flatMap(({ label, style: { colour }, points }) => {
      const last = points.findLast(({ value }) => value !== null && (scale !== 'log' || value > 0))?.value;
      return last == null ? [] : [{ name: name(label), colour, x, y: last }];
    }),
    ...(rule ? [{ name: name(rule.label), colour: RULE.colour, x, y: rule.value }] : []),
  ];
}

/** The values of all series at each time at which one of them changes. Reads each point once, because a run may last for days. */
function moments(series: readonly TimeSeries[]): ChartPoint[] {
  const times = [...new Set(series.flatMap(({ points }) => points.map(({ atMs }) => atMs)))];
  const read = series.map(() => 0);
  return times
    .sort((a, b) => a - b)
    .map((ms) => ({
      x: ms / 1000,
      text: [
        `${number(ms / 1000, 0)} s`,
        ...series.map(({ label, points }, i) => {
          while (read[i]! < points.length && points[read[i]!]!.atMs <= ms) read[i]!++;
          return `${label} ${number(points[read[i]! - 1]?.value ?? null)}`;
        }),
      ].join('\n'),
    }));
}
