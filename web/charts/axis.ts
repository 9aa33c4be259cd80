import * as Plot from '@observablehq/plot';
import { sortedNumbers } from '../../solver/math/statistics.ts';
import { RULE } from './series.ts';

/** Margins for the axes of a chart, in pixels. */
export const MARGIN = { marginTop: 24, marginBottom: 36, marginLeft: 48, marginRight: 16 } as const;

/** Sets a text off from the grid by an outline. A chart draws such a text before marks that the outline would hide. */
export const OVER_GRID = { stroke: 'var(--surface)', strokeWidth: 4, fontWeight: 600 } as const;

/** Places a text to the right of its point. */
export const TO_THE_RIGHT = { textAnchor: 'start', dx: 6 } as const;

/** About the width of a letter, in pixels. */
export const LETTER = 7;

/** A text without its middle if it would be wider than this many pixels, because similar names differ at their start or end. */
export function shortened(text: string, widthMax: number): string {
  const letters = Math.max(3, Math.floor(widthMax / LETTER));
  if (text.length <= letters) return text;
  const end = Math.floor(letters / 2);
  return `${text.slice(0, letters - 1 - end)}…${text.slice(-end)}`;
}

/**
 * Makes room to the right of a chart for the names of its series: at most a third of the chart, for which long names are shortened.
 * @param dx distance of the names from the chart, in pixels
 */
export function namesBeside(names: readonly string[], width: number, dx: number = TO_THE_RIGHT.dx) {
  const longest = Math.max(...names.map(({ length }) => length));
  const marginRight = Math.min(width / 3, Math.max(72, dx + LETTER * longest));
  return { marginRight, nameOf: (name: string) => shortened(name, marginRight - dx) };
}

/** A value that a chart marks with a line for comparison, such as the SLA. */
export interface Rule {
  readonly value: number;
  readonly label: string;
}

/** Draws a horizontal line at a value to compare with. The caller adds the line's label to the {@link endLabels}. */
export const ruleAt = (value: number): Plot.Markish =>
  Plot.ruleY([value], { stroke: RULE.colour, strokeWidth: 1.25, strokeDasharray: RULE.dash });

/** Moves the values of labels apart along an axis, so that no two overlap. */
function spreadLabels(
  values: readonly number[],
  [low, high]: readonly [number, number],
  { height, log }: Pick<EndLabelOptions, 'height' | 'log'>,
): number[] {
  const pixel = (value: number) =>
    height *
    (log
      ? Math.log(Math.min(high, Math.max(low, value)) / low) / Math.log(high / low)
      : (value - low) / (high - low));
  return spread(values.map(pixel), height).map((px) =>
    log ? low * (high / low) ** (px / height) : low + (px / height) * (high - low),
  );
}

/** Two labels are at least this many pixels apart, so that no text covers another. */
const DISTANCE = 13;

/**
 * Moves positions apart to {@link DISTANCE}, keeping their order, within [0, max].
 * @param positions in any order
 */
function spread(positions: readonly number[], max: number): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a]! - positions[b]!);
  const placed = [...positions];
  let floor = 0;
  for (const i of order) {
    placed[i] = Math.max(placed[i]!, floor);
    floor = placed[i]! + DISTANCE;
  }
  let ceiling = max;
  for (const i of order.reverse()) {
    placed[i] = Math.min(placed[i]!, ceiling);
    ceiling = placed[i]! - DISTANCE;
  }
  return placed;
}

/** The end of a series, in the units of the axes. */
interface SeriesEnd {
  readonly name: string;
  readonly colour: string;
  readonly x: number;
  readonly y: number;
}

interface EndLabelOptions {
  /** Height of the axis, in pixels. */
  readonly height: number;
  readonly log: boolean;
  /** Distance from the end, in pixels. */
  readonly dx?: number;
}

/**
 * Draws the name of each series to the right of its end, without overlaps. If series end at the same value, the name of the last
 * one is the highest. If the names have no room, only every second, third, … is drawn.
 */
export function endLabels(
  all: readonly SeriesEnd[],
  domain: readonly [number, number],
  { height, log, dx = TO_THE_RIGHT.dx }: EndLabelOptions,
): Plot.Markish {
  const every = Math.ceil(all.length / (Math.floor(height / DISTANCE) + 1));
  const ends = every <= 1 ? all : [...all].sort((a, b) => a.y - b.y).filter((_, i) => i % every === 0);
  const values = ends.map(({ y }) => y);
  const apart = spreadLabels(values, domain, { height, log });
  return Plot.text(
    ends.map((end, i) => ({ ...end, at: apart[i]! })),
    { x: 'x', y: 'at', text: 'name', fill: 'colour', ...OVER_GRID, ...TO_THE_RIGHT, dx },
  );
}

/** Height of the axis of a chart with the margins {@link MARGIN}. */
export const innerHeight = (height: number): number => height - MARGIN.marginTop - MARGIN.marginBottom;

/**
 * The domain of a logarithmic axis, with a margin at both ends. Leaves out values of 0, which a coarse clock measures for short
 * times, because such an axis has no place for them.
 */
export function logDomain(values: readonly number[]): [number, number] {
  const placed = sortedNumbers(values.filter((value) => value > 0 && value < Number.POSITIVE_INFINITY));
  return placed.length === 0 ? [0.1, 10] : [placed[0]! / 1.2, placed.at(-1)! * 1.2];
}

/**
 * A logarithmic value axis, whose ticks {@link logAxisY} draws. A value outside the domain, such as 0, is drawn at the axis's
 * end.
 */
export const logScaleY = (domain: readonly [number, number]): Plot.ScaleOptions => ({
  type: 'log',
  domain: [...domain],
  clamp: true,
  axis: null,
});

/**
 * Places ticks at powers of ten and, in a range of less than 2.5 powers, also at 2 and 5 times each. If fewer than two of these
 * lie in the range, places ticks at even steps.
 */
function logTicks([low, high]: readonly [number, number]): number[] {
  const steps = Math.log10(high / low) < 2.5 ? [1, 2, 5] : [1];
  const first = Math.floor(Math.log10(low));
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, i) => 10 ** (first + i));
  const ticks = powers
    .flatMap((power) => steps.map((step) => step * power))
    .filter((tick) => tick >= low && tick <= high);
  return ticks.length > 1 ? ticks : evenTicks([low, high]);
}

/** Two to six ticks at multiples of 1, 2 or 5 times a power of ten. */
function evenTicks([low, high]: readonly [number, number]): number[] {
  const least = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= least)!;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

/** Draws grid and labels of a logarithmic axis from given ticks, because Plot's own axis omits some of their labels. */
export function logAxisY(domain: readonly [number, number], label: string): Plot.Markish[] {
  const ticks = logTicks(domain);
  return [
    Plot.gridY(ticks),
    Plot.axisY(ticks, {
      label,
      // Rounds binary fractions: 5 × 10^-2 is not exactly 0.05. The margin has no room for all zeros of 1,000,000: it is 1M.
      text: (tick: number) =>
        tick.toLocaleString('en', {
          maximumSignificantDigits: 3,
          notation: tick < 1e5 ? 'standard' : 'compact',
        }),
    }),
  ];
}
