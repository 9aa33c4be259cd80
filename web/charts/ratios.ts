import * as Plot from '@observablehq/plot';
import type { CellKey, MeasuredCell } from '../../solver/documents/cell.ts';
import { milliseconds, number } from '../components/format.ts';
import { LETTER, MARGIN, shortened } from './axis.ts';

/** Whether a cell's latency in the other profile differs from the base by more than noise. */
export type RatioVerdict = 'faster' | 'slower' | 'within-noise' | 'few-samples';

type Median = { readonly latencyMs: Pick<MeasuredCell['latencyMs'], 'p50'> };

/** The median latencies of a cell in two profiles, and their ratio. */
export interface MedianRatio {
  /** The key of the cell in the base profile. */
  readonly key: CellKey;
  readonly base: Median;
  readonly other: Median;
  /** Median latency of the other profile ÷ that of the base. */
  readonly ratio: number;
  /** 95 % confidence interval of the ratio. */
  readonly low: number;
  readonly high: number;
  readonly verdict: RatioVerdict;
}

interface VerdictLook {
  readonly word: string;
  readonly glyph: string;
  readonly colour: string;
  readonly symbol: Plot.SymbolType;
  /** Rotation of the symbol in degrees, because Plot has no triangle that points down. */
  readonly rotate?: number;
  readonly filled: boolean;
}

/** Verdicts differ in word, shape and filling besides colour, for readers who cannot distinguish colours. */
export const VERDICTS: Record<RatioVerdict, VerdictLook> = {
  faster: {
    word: 'faster',
    glyph: '▼',
    colour: 'var(--series-3)',
    symbol: 'triangle',
    rotate: 180,
    filled: true,
  },
  slower: { word: 'slower', glyph: '▲', colour: 'var(--series-2)', symbol: 'triangle', filled: true },
  'within-noise': {
    word: 'within noise',
    glyph: '○',
    colour: 'var(--muted)',
    symbol: 'circle',
    filled: false,
  },
  'few-samples': {
    word: 'unclear (too few samples)',
    glyph: '×',
    colour: 'var(--muted)',
    symbol: 'times',
    filled: false,
  },
};

export const times = (ratio: number | null): string => `× ${number(ratio, 2)}`;

/** Tooltip of a point. */
export const describeRatio = ({ key, base, other, ratio, low, high, verdict }: MedianRatio): string =>
  [
    `${key.variant}, batch ${key.batch}: ${VERDICTS[verdict].word}`,
    `${times(ratio)} (95 % interval ${number(low, 2)} to ${number(high, 2)})`,
    `${milliseconds(base.latencyMs.p50)} → ${milliseconds(other.latencyMs.p50)}`,
  ].join('\n');

export const rowOf = ({ key }: MedianRatio): string => `${key.variant} · ${key.batch}`;

/** Range of an axis of ratios, with 1 in its middle; the ends are at least 10 % and at most a factor of 20 away. */
export function ratioDomain(points: readonly MedianRatio[]): [number, number] {
  const furthest = Math.max(...points.flatMap(({ low, high }) => [high, 1 / low]), 1.1);
  const end = Math.min(20, furthest * 1.05);
  return [1 / end, end];
}

const TICKS = [
  [0.9, 0.8, 0.7, 0.5, 0.4, 0.3, 0.2, 0.1],
  [1.1, 1.25, 1.4, 2, 2.5, 3, 5, 10],
];
/** Width of the longest label of a tick and the space beside it, in pixels. */
const LABEL_WIDTH = 42;

/** Ticks of a logarithmic axis, from 1 outwards, as many as have room for their labels. @param width of the axis, in pixels */
export function ratioTicks([least, most]: readonly [number, number], width: number): number[] {
  const apart = (LABEL_WIDTH / width) * Math.log(most / least);
  const fitting = (side: readonly number[]) => {
    let last = 1;
    return side.filter((tick) => {
      const fits = tick >= least && tick <= most && Math.abs(Math.log(tick / last)) >= apart;
      if (fits) last = tick;
      return fits;
    });
  };
  return [1, ...TICKS.flatMap(fitting)];
}

/** Space to the left and right of the rows' names, in pixels. */
const BESIDE_ROWS = 12;

/** Plots each ratio of medians with its confidence interval in a row of its own, on a logarithmic axis. */
export function ratioPlot(
  points: readonly MedianRatio[],
  domain: readonly [number, number],
  width: number,
): Plot.PlotOptions {
  const [least, most] = domain;
  const longest = LETTER * Math.max(...points.map((p) => rowOf(p).length));
  const marginLeft = Math.min(BESIDE_ROWS + longest, width / 2);
  const ticks = ratioTicks(domain, width - marginLeft - MARGIN.marginRight);
  return {
    height: 62 + 15 * points.length,
    marginTop: 10,
    marginBottom: 36,
    marginLeft,
    marginRight: MARGIN.marginRight,
    x: { type: 'log', domain, axis: null },
    y: {
      type: 'point',
      domain: points.map(rowOf),
      label: null,
      tickSize: 0,
      tickFormat: (row: string) => shortened(row, marginLeft - BESIDE_ROWS),
    },
    marks: [
      Plot.gridX(ticks),
      // Plot's own axis omits some labels of a logarithmic scale.
      Plot.axisX(ticks, { label: 'median, other ÷ this →', text: (tick: number) => `× ${tick}` }),
      Plot.ruleX([1], { stroke: 'var(--text)', strokeOpacity: 0.6 }),
      Plot.ruleY(points, {
        y: rowOf,
        x1: (p: MedianRatio) => Math.max(least, p.low),
        x2: (p: MedianRatio) => Math.min(most, p.high),
        stroke: (p: MedianRatio) => VERDICTS[p.verdict].colour,
        strokeWidth: 1.5,
      }),
      ...Object.entries(VERDICTS).map(([verdict, { symbol, rotate = 0, colour, filled }]) =>
        Plot.dot(
          points.filter((p) => p.verdict === verdict),
          {
            x: (p: MedianRatio) => Math.min(most, Math.max(least, p.ratio)),
            y: rowOf,
            symbol,
            rotate,
            r: 3.5,
            stroke: colour,
            fill: filled ? colour : 'var(--surface)',
          },
        ),
      ),
      Plot.tip(points, Plot.pointerY({ x: 'ratio', y: rowOf, title: describeRatio })),
    ],
  };
}
