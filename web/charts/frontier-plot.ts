import * as Plot from '@observablehq/plot';
import type { FrontierPoint, Weights } from '../../solver/documents/report.ts';
import {
  betaRange,
  type CostAndAccuracy,
  chosenAmong,
  sameCostAndAccuracy,
} from '../../solver/frontier/weights.ts';
import { pointVariants } from '../../solver/report/cascade-text.ts';
import { costUnit, type Prices } from '../components/cost.ts';
import { chain, milliseconds, number, percent } from '../components/format.ts';
import { LETTER, MARGIN } from './axis.ts';
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
 * @param points as `bestPoints` in `cascade-gains.ts` orders them
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
  const choices = chosenAmong(points);
  const choicePoints = choices.map(({ point }) => point);
  // The margin gives a single point some space around it.
  const domain: [number, number] = [Math.min(...accuracies) - 0.02, Math.max(...accuracies) + 0.02];
  const perCost = (width - MARGIN.marginLeft - MARGIN.marginRight) / right;
  const perAccuracy = INNER_HEIGHT / (domain[1] - domain[0]);
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
        fill: (point: FrontierPoint) => (choicePoints.includes(point) ? BEST : 'var(--surface)'),
        r: 3.5,
      }),
      Plot.dot([chosen], { ...channels, stroke: 'var(--text)', strokeWidth: 2, r: 8 }),
      ...pointLabels(slider ? choicePoints : [], chosen, { perCost, perAccuracy }).map((one) =>
        Plot.text([one], {
          ...channels,
          text: 'text',
          textAnchor: one.textAnchor,
          dx: one.dx,
          dy: one.dy,
          fill: 'var(--text)',
          fontWeight: 600,
        }),
      ),
      Plot.tip(
        points,
        Plot.pointer({ ...channels, title: (point: FrontierPoint) => describePoint(point, choices, stages) }),
      ),
    ],
  };
}

/**
 * Makes the labels of the plan's dot, and of the slider's first and last choice. Leaves out a choice whose label would touch a
 * label before it.
 * @param choices of the slider, from the cheapest; empty if there is no slider
 * @param perCost pixels that a cost of 1 takes
 * @param perAccuracy pixels that an accuracy of 1 takes
 */
export function pointLabels(
  choices: readonly CostAndAccuracy[],
  plan: CostAndAccuracy,
  { perCost, perAccuracy }: { readonly perCost: number; readonly perAccuracy: number },
): PointLabel[] {
  const labels = choices.map(({ cost, accuracy }, i) => ({ cost, accuracy, text: `choice ${i + 1}` }));
  const own = labels.find((choice) => sameCostAndAccuracy(choice, plan));
  const ends = labels.filter((one, i) => one !== own && (i === 0 || i === labels.length - 1));
  const kept: PointLabel[] = [];
  for (const label of [{ ...plan, text: own ? `plan, ${own.text}` : 'plan' }, ...ends]) {
    const width = LETTER * label.text.length;
    // To the left of a point and above it there is room for its label, because no point is both cheaper and more accurate. If the
    // axis is too near, the label is to the right and below.
    const isLeft = width < perCost * label.cost;
    const [dx, dy] = isLeft ? [-6, -LINE] : [6, LINE];
    const left = perCost * label.cost + dx - (isLeft ? width : 0);
    const one: PointLabel = {
      ...label,
      textAnchor: isLeft ? 'end' : 'start',
      dx,
      dy,
      left,
      right: left + width,
      middle: dy - perAccuracy * label.accuracy,
    };
    if (!kept.some((other) => touch(one, other))) kept.push(one);
  }
  return kept;
}

interface PointLabel extends CostAndAccuracy {
  readonly text: string;
  readonly textAnchor: 'start' | 'end';
  readonly dx: number;
  readonly dy: number;
  readonly left: number;
  readonly right: number;
  readonly middle: number;
}

const touch = (a: PointLabel, b: PointLabel): boolean =>
  a.left < b.right && b.left < a.right && Math.abs(a.middle - b.middle) < LINE;

/** Points for the arrow keys, by rising cost. */
export const chartPoints = (points: readonly FrontierPoint[], stages: readonly string[]): ChartPoint[] => {
  const choices = chosenAmong(points);
  return points.map((point) => ({
    x: point.cost,
    y: 100 * point.accuracy,
    text: describePoint(point, choices, stages),
  }));
};

/** Tooltip of a point. @param choices the points that some β chooses within the SLA */
const describePoint = (
  point: FrontierPoint,
  choices: readonly { readonly point: FrontierPoint; readonly weights: Weights }[],
  stages: readonly string[],
): string =>
  [
    chain(pointVariants(point), stages),
    `PAS ${percent(point.accuracy)}, cost ${number(point.cost)}, bound ${milliseconds(point.boundMs)}`,
    chosenWith(point, choices.find((choice) => choice.point === point)?.weights),
  ].join('\n');

/** @param within the point's weights within the SLA; undefined if no β chooses it there */
function chosenWith({ weights, boundMs }: FrontierPoint, within: Weights | undefined): string {
  if (within) return `chosen with β ${betaRange(within)}`;
  return weights
    ? `chosen with β ${betaRange(weights)} and a time limit of ${milliseconds(boundMs)}`
    : 'no β chooses it';
}
