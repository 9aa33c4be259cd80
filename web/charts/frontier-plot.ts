import * as Plot from '@observablehq/plot';
import type { FrontierPoint } from '../../solver/documents/report.ts';
import { bestForCost } from '../../solver/frontier/cascade-gains.ts';
import { betaRange } from '../../solver/frontier/weights.ts';
import { pointVariants } from '../../solver/report/cascade-text.ts';
import { chain, milliseconds, number, percent } from '../components/format.ts';
import { costUnit, endLabels, MARGIN, OVER_MARKS, type Prices } from './axis.ts';
import type { ChartPoint } from './chart-points.ts';
import { type SeriesStyle, styleOf } from './series.ts';

/** One line of the chart: the best accuracy for each cost within one latency bound. */
interface Line {
  readonly label: string;
  /** Points in order of rising cost. */
  readonly points: readonly FrontierPoint[];
  readonly style: SeriesStyle;
}

const LINES = 4;

/** Makes lines for the SLA and for shorter bounds, evenly spaced down to the fastest choice. Equal lines are drawn once. */
function linesOf(points: readonly FrontierPoint[], slaMs: number): Line[] {
  const least = Math.min(...points.map((point) => point.boundMs));
  const lines: Omit<Line, 'style'>[] = [];
  for (let k = LINES; k > 0; k--) {
    const boundMs = k === LINES ? slaMs : roundedUp(least + (slaMs - least) * (k / LINES));
    const within = bestForCost(points.filter((point) => point.boundMs <= boundMs));
    const before = lines.at(-1)?.points;
    if (before?.length !== within.length || within.some((point, i) => point !== before[i]))
      lines.push({ label: `≤ ${number(boundMs)} ms`, points: within });
  }
  return lines.map((line, i) => ({ ...line, style: styleOf(i) }));
}

const roundedUp = (value: number): number => {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Math.ceil(value / unit - 1e-9) * unit;
};

/**
 * The line of the best accuracy for each cost without cascades, within the SLA; none if that is the same with them. It is not one of
 * the choices, so it has no symbols.
 */
function plainLine(without: readonly FrontierPoint[], best: readonly FrontierPoint[]): Line[] {
  const points = bestForCost(without);
  const figures = (of: readonly FrontierPoint[]) => String(of.map(({ cost, accuracy }) => [cost, accuracy]));
  if (points.length === 0 || figures(points) === figures(best)) return [];
  const style = { ...styleOf(LINES), colour: 'var(--text)', dash: '1 3' };
  return [{ label: 'no cascade', points, style }];
}

const HEIGHT = 300;
const MARGIN_TOP = 32;

/**
 * Plots accuracy against cost, with one line for each of several latency bounds, and one without cascades.
 * @param without the frontier without cascades; empty if that is the same
 * @param chosen cost and accuracy of the plan
 */
export function frontierPlot(
  points: readonly FrontierPoint[],
  without: readonly FrontierPoint[],
  stages: readonly string[],
  slaMs: number,
  chosen: { readonly cost: number; readonly accuracy: number },
  prices: Prices,
): Plot.PlotOptions {
  const lines = linesOf(points, slaMs);
  const drawn = lines.flatMap((line) => line.points);
  const plain = plainLine(without, lines[0]!.points);
  const all = [chosen, ...drawn, ...plain.flatMap((line) => line.points)];
  const accuracies = all.map((p) => p.accuracy);
  const right = 1.1 * Math.max(...all.map((p) => p.cost));
  const steps = ({ points: best, style: { colour, dash } }: Line) =>
    Plot.lineY([...best, { cost: right, accuracy: best.at(-1)!.accuracy }], {
      ...channels,
      curve: 'step-after',
      stroke: colour,
      strokeWidth: 1.75,
      strokeDasharray: dash,
    });
  const channels = { x: 'cost', y: 'accuracy' } as const;
  const ends = [...plain, ...lines.toReversed()].map(({ label, style: { colour }, points: own }) => ({
    name: label,
    colour,
    x: right,
    y: own.at(-1)!.accuracy,
  }));
  // The margin gives a single point some space around it.
  const domain: [number, number] = [Math.min(...accuracies) - 0.02, Math.max(...accuracies) + 0.02];
  return {
    height: HEIGHT,
    ...MARGIN,
    marginTop: MARGIN_TOP,
    marginRight: 76,
    x: {
      label: `cost ${costUnit(
        prices,
        points.flatMap(({ backends }) => backends),
      )} →`,
      labelAnchor: 'right',
      domain: [0, right],
      ticks: 6,
    },
    y: {
      label: '↑ PAS: the stages’ accuracies multiplied (%)',
      percent: true,
      grid: true,
      domain: domain.map((a) => 100 * a),
      ticks: 5,
    },
    marks: [
      ...plain.map(steps),
      ...lines
        .toReversed()
        .flatMap((line) => [
          steps(line),
          Plot.dot(line.points, { ...channels, fill: line.style.colour, symbol: line.style.symbol, r: 3.5 }),
        ]),
      endLabels(ends, domain, { height: HEIGHT - MARGIN_TOP - MARGIN.marginBottom }),
      Plot.dot([chosen], { ...channels, stroke: 'var(--text)', strokeWidth: 2, r: 8 }),
      Plot.text([chosen], {
        ...channels,
        text: ['plan'],
        dy: -18,
        fill: 'var(--text)',
        ...OVER_MARKS,
        fontWeight: 700,
      }),
      Plot.tip(
        drawn,
        Plot.pointer({ ...channels, title: (point: FrontierPoint) => describePoint(point, stages) }),
      ),
    ],
  };
}

/** Points for the arrow keys: line by line from the SLA to the shortest bound, each by rising cost. */
export const chartPoints = (
  points: readonly FrontierPoint[],
  stages: readonly string[],
  slaMs: number,
): ChartPoint[] =>
  [...new Set(linesOf(points, slaMs).flatMap((line) => line.points))].map((point) => ({
    x: point.cost,
    y: 100 * point.accuracy,
    text: describePoint(point, stages),
  }));

/** Tooltip of a point. */
const describePoint = (point: FrontierPoint, stages: readonly string[]): string =>
  [
    chain(pointVariants(point), stages),
    `PAS ${percent(point.accuracy)}, cost ${number(point.cost)}, bound ${milliseconds(point.boundMs)}`,
    point.weights ? `chosen with β ${betaRange(point.weights)}` : 'no β chooses it',
  ].join('\n');
