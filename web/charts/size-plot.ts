import * as Plot from '@observablehq/plot';
import type { SizeUnit } from '../../solver/documents/profile.ts';
import { endLabels, innerHeight, logAxisY, logScaleY, MARGIN, namesBeside } from './axis.ts';
import { seriesOf } from './series.ts';
import { medianLine, type SizePoint } from './size-panels.ts';

const HEIGHT = 300;

/**
 * Plots the time of each run against the size of its batch, with a line through medians for each variant.
 * @param points in order of size
 * @param variants all variants of the stage; a variant's index chooses its colour and symbol
 */
export function sizePlot(
  points: readonly SizePoint[],
  variants: readonly string[],
  unit: SizeUnit,
  domain: readonly [number, number],
  width: number,
): Plot.PlotOptions {
  const series = seriesOf(points, variants).map((own) => ({ ...own, line: medianLine(own.points) }));
  const { marginRight, nameOf } = namesBeside(variants, width);
  const largest = points.at(-1)!.size;
  // Names stand beside the chart, because points lie beyond the ends of the lines.
  const ends = series.map(({ variant, style: { colour }, line }) => ({
    name: nameOf(variant),
    colour,
    x: largest,
    y: line.at(-1)!.ms,
  }));
  const channels = { x: 'size', y: 'ms' } as const;
  return {
    height: HEIGHT,
    ...MARGIN,
    marginRight,
    x: { label: `size of the batch (${unit}) →`, labelAnchor: 'right', ticks: 5 },
    y: logScaleY(domain),
    marks: [
      ...logAxisY(domain, '↑ time of a run (ms)'),
      endLabels(ends, domain, { height: innerHeight(HEIGHT), log: true }),
      ...series.map(({ points: own, style: { colour, symbol } }) =>
        Plot.dot(own, { ...channels, symbol, r: 2.5, fill: colour, fillOpacity: 0.5 }),
      ),
      ...series.map(({ line, style: { colour, dash } }) =>
        Plot.lineY(line, { ...channels, stroke: colour, strokeDasharray: dash, strokeWidth: 1.75 }),
      ),
      Plot.tip(points, Plot.pointer({ ...channels, title: 'text' })),
    ],
  };
}
