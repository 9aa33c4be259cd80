import * as Plot from '@observablehq/plot';
import { endLabels, innerHeight, logAxisY, logScaleY, MARGIN, namesBeside } from './axis.ts';
import { type BatchPoint, describePoint } from './batch-panels.ts';
import { seriesOf } from './series.ts';

/** A measured quantity to draw against the batch size. */
export interface BatchMeasure {
  readonly label: string;
  readonly value: 'p50' | 'itemsPerS';
  /** The lowest and highest value drawn for a point. */
  range(point: BatchPoint): readonly [number, number];
  /** Marks drawn behind the lines and dots. */
  behind(series: readonly Series[]): Plot.Markish[];
}

type Series = ReturnType<typeof seriesOf<BatchPoint>>[number];

/** Latency: median as a line, p5 to p95 as a band, cold first runs as hollow dots. */
export const LATENCY: BatchMeasure = {
  label: '↑ latency of a batch (ms)',
  value: 'p50',
  range: (p) => [p.p5 ?? p.p50, Math.max(p.p95 ?? p.p50, p.cold)],
  behind: (series) => [
    ...series.map((s) =>
      Plot.areaY(s.points, { x: 'batch', y1: 'p5', y2: 'p95', fill: s.style.colour, fillOpacity: 0.16 }),
    ),
    ...series.map(({ points, style: { colour, symbol } }) =>
      Plot.dot(points, {
        x: 'batch',
        y: 'cold',
        // A distance in pixels, so that the dot is beside the line in charts of any width.
        dx: 9,
        symbol,
        r: 2.5,
        stroke: colour,
        strokeOpacity: 0.75,
      }),
    ),
  ],
};

export const THROUGHPUT: BatchMeasure = {
  label: '↑ throughput (items/s)',
  value: 'itemsPerS',
  range: (p) => [p.itemsPerS, p.itemsPerS],
  behind: () => [],
};

const HEIGHT = 300;
/** Distance of the names from the lines, in pixels: hollow dots of cold runs lie between them. */
const NAMES_DX = 19;

/**
 * Plots a measured quantity of each variant against the batch size, on logarithmic axes.
 * @param variants all variants of the stage; a variant's index chooses its colour and symbol
 * @param batches all batch sizes measured or to be measured, for the axis
 */
export function batchPlot(
  points: readonly BatchPoint[],
  variants: readonly string[],
  batches: readonly number[],
  domain: readonly [number, number],
  measure: BatchMeasure,
  width: number,
): Plot.PlotOptions {
  const { value } = measure;
  const series = seriesOf(points, variants);
  const { marginRight, nameOf } = namesBeside(variants, width, NAMES_DX);
  const ends = series.map(({ variant, points: own, style: { colour } }) => ({
    name: nameOf(variant),
    colour,
    x: own.at(-1)!.batch,
    y: own.at(-1)![value],
  }));
  return {
    height: HEIGHT,
    ...MARGIN,
    marginRight,
    x: {
      type: 'log',
      base: 2,
      domain: [Math.min(...batches) / 1.1, Math.max(2, ...batches) * 1.15],
      ticks: batches,
      tickFormat: (batch: number) => String(batch),
      label: 'batch (items) →',
      labelAnchor: 'right',
    },
    y: logScaleY(domain),
    marks: [
      ...logAxisY(domain, measure.label),
      endLabels(ends, domain, { height: innerHeight(HEIGHT), log: true, dx: NAMES_DX }),
      ...measure.behind(series),
      ...series.flatMap(({ points: own, style: { colour, dash, symbol } }) => [
        Plot.lineY(own, { x: 'batch', y: value, stroke: colour, strokeDasharray: dash, strokeWidth: 1.75 }),
        Plot.dot(own, { x: 'batch', y: value, symbol, fill: colour, r: 3 }),
      ]),
      Plot.tip(points, Plot.pointer({ x: 'batch', y: value, title: describePoint })),
    ],
  };
}
