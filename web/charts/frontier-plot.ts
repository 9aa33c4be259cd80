import * as Plot from '@observablehq/plot';
import type { FrontierPoint } from '../../solver/documents/report.ts';
import { betaRange, chosenAmong } from '../../solver/frontier/weights.ts';
import { pointVariants } from '../../solver/report/cascade-text.ts';
import { costUnit, type Prices } from '../components/cost.ts';
import { chain, milliseconds, number, percent } from '../components/format.ts';
import { MARGIN } from './axis.ts';
import type { ChartPoint } from './chart-points.ts';

const HEIGHT = 300;
const MARGIN_TOP = 32;
const INNER_HEIGHT = HEIGHT - MARGIN_TOP - MARGIN.marginBottom;
/** Least vertical distance of two labels, in pixels. */
const LINE = 14;
const BEST = 'var(--series-1)';
const PLAIN = 'var(--text)';

/**
 * Plots the best accuracy for each cost as a line, and the best one without cascades as a dotted line. The dot of a point is
 * filled if some β chooses the point, which the slider then offers, and otherwise hollow. With a slider, labels show the choice
 * numbers of the plan and of the slider's ends.
 * @param points as {@link bestForCost} orders them
 * @param without the points without cascades, in the same order; empty if they equal `points`
 * @param chosen cost and accuracy of the plan
 */
export function frontierPlot(
  points: readonly FrontierPoint[],
  without: readonly FrontierPoint[],
  stages: readonly string[],
  chosen: CostAndAccuracy,
  prices: Prices,
  { width, slider }: { readonly width: number; readonly slider: boolean },
): Plot.PlotOptions {
  const all = [chosen, ...points, ...without];
  const accuracies = all.map((p) => p.accuracy);
  const right = 1.1 * Math.max(...all.map((p) => p.cost));
  const channels = { x: 'cost', y: 'accuracy' } as const;
  const end = (best: readonly FrontierPoint[]) => ({ cost: right, accuracy: best.at(-1)!.accuracy });
  const steps = (best: readonly FrontierPoint[], stroke: string, strokeDasharray: string) =>
    Plot.lineY([...best, end(best)], {
      ...channels,
      curve: 'step-after',
      stroke,
      strokeWidth: 1.75,
      strokeDasharray,
    });
  const choices = chosenAmong(points).map(({ point }) => point);
  // The margin gives a single point some space around it.
  const domain: [number, number] = [Math.min(...accuracies) - 0.02, Math.max(...accuracies) + 0.02];
  const perCost = (width - MARGIN.marginLeft - MARGIN.marginRight) / right;
  const apart = (LINE / INNER_HEIGHT) * (domain[1] - domain[0]);
  return {
    height: HEIGHT,
    ...MARGIN,
    marginTop: MARGIN_TOP,
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
      ...(without.length === 0 ? [] : [steps(without, PLAIN, '1 3')]),
      steps(points, BEST, 'none'),
      Plot.dot(points, {
        ...channels,
        stroke: BEST,
        fill: (point: FrontierPoint) => (choices.includes(point) ? BEST : 'var(--surface)'),
        r: 3.5,
      }),
      Plot.dot([chosen], { ...channels, stroke: 'var(--text)', strokeWidth: 2, r: 8 }),
      ...pointLabels(slider ? choices : [], chosen, apart).map((one) =>
        Plot.text([one], {
          ...channels,
          text: 'text',
          // To the left of a point and above it there is room for its label, because no point is both cheaper and more accurate.
          // If the axis is too near, the label is to the right and below.
          ...(7 * one.text.length < perCost * one.cost
            ? { textAnchor: 'end', dx: -6, dy: -LINE }
            : { textAnchor: 'start', dx: 6, dy: LINE }),
          fill: 'var(--text)',
          fontWeight: 600,
        }),
      ),
      Plot.tip(
        points,
        Plot.pointer({ ...channels, title: (point: FrontierPoint) => describePoint(point, stages) }),
      ),
    ],
  };
}

interface CostAndAccuracy {
  readonly cost: number;
  readonly accuracy: number;
}

/** Costs and accuracies that differ by less count as equal, because the order of a sum changes its rounding error. */
const ROUNDING = 1e-9;

/**
 * Makes the labels of the plan's dot, and of the slider's first and last choice. Leaves out a choice whose label would touch the
 * plan's.
 * @param choices of the slider, from the cheapest; empty if there is no slider
 * @param apart least difference in accuracy of two labels
 */
export function pointLabels(choices: readonly CostAndAccuracy[], plan: CostAndAccuracy, apart: number) {
  const isPlan = ({ cost, accuracy }: CostAndAccuracy) =>
    Math.abs(cost - plan.cost) + Math.abs(accuracy - plan.accuracy) < ROUNDING;
  const labels = choices.map(({ cost, accuracy }, i) => ({ cost, accuracy, text: `choice ${i + 1}` }));
  const own = labels.find(isPlan);
  return [
    { ...plan, text: own ? `plan, ${own.text}` : 'plan' },
    ...labels.filter(
      ({ accuracy }, i) =>
        (i === 0 || i === labels.length - 1) && Math.abs(accuracy - plan.accuracy) >= apart,
    ),
  ];
}

/** Points for the arrow keys, by rising cost. */
export const chartPoints = (points: readonly FrontierPoint[], stages: readonly string[]): ChartPoint[] =>
  points.map((point) => ({ x: point.cost, y: 100 * point.accuracy, text: describePoint(point, stages) }));

/** Tooltip of a point. */
const describePoint = (point: FrontierPoint, stages: readonly string[]): string =>
  [
    chain(pointVariants(point), stages),
    `PAS ${percent(point.accuracy)}, cost ${number(point.cost)}, bound ${milliseconds(point.boundMs)}`,
    point.weights ? `chosen with β ${betaRange(point.weights)}` : 'no β chooses it',
  ].join('\n');
