import * as Plot from '@observablehq/plot';
import { type Backend, onGpu } from '../../solver/documents/common.ts';
import type { Cell, MeasuredCell } from '../../solver/documents/profile.ts';
import { MIN_SAMPLES, nearestRank, sortedNumbers } from '../../solver/statistics.ts';
import { milliseconds } from '../format.ts';
import { logAxisY } from './axis.ts';
import { look, spread } from './series.ts';

/** One chart: the cells of a stage on a backend with a number of threads. */
export interface BatchPanel {
  readonly stage: string;
  readonly backend: Backend;
  readonly threads: number;
  readonly cells: readonly MeasuredCell[];
}

interface Point {
  readonly variant: string;
  readonly batch: number;
  readonly p50: number;
  /** Null where the samples are too few to have them. */
  readonly p5: number | null;
  readonly p95: number | null;
  readonly cold: number;
  readonly n: number;
  readonly flags: readonly string[];
}

/** The panels of a stage: GPU backends first, then by threads. */
export function batchPanels(stage: string, cells: readonly Cell[]): BatchPanel[] {
  const panels = new Map<string, BatchPanel & { cells: MeasuredCell[] }>();
  for (const cell of cells) {
    if (cell.state !== 'measured' || cell.stage !== stage) continue;
    const key = `${cell.backend}/${cell.threads}`;
    const { backend, threads } = cell;
    if (!panels.has(key)) panels.set(key, { stage, backend, threads, cells: [] });
    panels.get(key)!.cells.push(cell);
  }
  const rank = ({ backend, threads }: BatchPanel) => (onGpu(backend) ? 0 : threads);
  return [...panels.values()].sort((a, b) => rank(a) - rank(b));
}

function pointOf(cell: MeasuredCell): Point {
  const sorted = sortedNumbers(cell.inferenceMs.map((ms, i) => ms + cell.handlingMs[i]!));
  return {
    variant: cell.variant,
    batch: cell.batch,
    p50: cell.latencyMs.p50,
    p5: sorted.length >= MIN_SAMPLES.p95 ? nearestRank(sorted, 5) : null,
    p95: cell.latencyMs.p95,
    cold: cell.cold.firstRunMs,
    n: cell.latencyMs.n,
    flags: cell.flags,
  };
}

/** Lowest and highest latency of panels, so that they can share an axis. */
export function latencyDomain(panels: readonly BatchPanel[]): [number, number] {
  const points = panels.flatMap((panel) => panel.cells.map(pointOf));
  const low = Math.min(...points.map((p) => p.p5 ?? p.p50));
  const high = Math.max(...points.flatMap((p) => [p.p95 ?? p.p50, p.cold]));
  return [low / 1.2, high * 1.2];
}

const HEIGHT = 300;
const MARGIN = { marginTop: 24, marginBottom: 36, marginLeft: 48, marginRight: 72 };

/**
 * Latency of a batch against its size, both logarithmic: p50 as a line, p5–p95 as a band, first runs apart.
 * @param variants all of the stage, in the order that gives them their looks
 */
export function latencyByBatch(
  panel: BatchPanel,
  variants: readonly string[],
  batches: readonly number[],
  domain: [number, number],
): Plot.PlotOptions {
  const points = panel.cells.map(pointOf).sort((a, b) => a.batch - b.batch);
  const series = variants
    .map((variant, i) => ({ look: look(i), variant, points: points.filter((p) => p.variant === variant) }))
    .filter((s) => s.points.length > 0);
  return {
    height: HEIGHT,
    ...MARGIN,
    x: {
      type: 'log',
      base: 2,
      domain: [Math.min(...batches) / 1.1, Math.max(2, ...batches) * 1.15],
      ticks: batches,
      tickFormat: (batch: number) => String(batch),
      label: 'batch (items) →',
      labelAnchor: 'right',
    },
    y: { type: 'log', domain, axis: null },
    marks: [
      ...logAxisY(domain, '↑ latency of a batch (ms)'),
      ...series.map((s) =>
        Plot.areaY(s.points, { x: 'batch', y1: 'p5', y2: 'p95', fill: s.look.colour, fillOpacity: 0.16 }),
      ),
      ...series.flatMap(({ points, look: { colour, dash, symbol } }) => [
        Plot.dot(points, {
          x: (p: Point) => p.batch * 1.07,
          y: 'cold',
          symbol,
          r: 2.5,
          stroke: colour,
          strokeOpacity: 0.75,
        }),
        Plot.lineY(points, {
          x: 'batch',
          y: 'p50',
          stroke: colour,
          strokeDasharray: dash,
          strokeWidth: 1.75,
        }),
        Plot.dot(points, { x: 'batch', y: 'p50', symbol, fill: colour, r: 3 }),
      ]),
      Plot.text(endLabels(series, domain), {
        x: 'batch',
        y: 'at',
        text: 'variant',
        fill: 'colour',
        textAnchor: 'start',
        dx: 16,
        fontWeight: 600,
        stroke: 'var(--surface)',
        strokeWidth: 3,
      }),
      Plot.tip(points, Plot.pointer({ x: 'batch', y: 'p50', title: describe })),
    ],
  };
}

/** A label at the last point of each series, moved apart where they would overlap. */
function endLabels(
  series: readonly { variant: string; points: readonly Point[]; look: { colour: string } }[],
  [low, high]: [number, number],
) {
  const inner = HEIGHT - MARGIN.marginTop - MARGIN.marginBottom;
  const scale = inner / Math.log(high / low);
  const places = series.map((s) => Math.log(s.points.at(-1)!.p50 / low) * scale);
  const apart = spread(places, 12, inner);
  return series.map(({ variant, points, look: { colour } }, i) => ({
    variant,
    colour,
    batch: points.at(-1)!.batch,
    at: low * Math.exp(apart[i]! / scale),
  }));
}

const describe = (p: Point): string =>
  [
    `${p.variant}, batch ${p.batch}`,
    `p50 ${milliseconds(p.p50)}, p95 ${milliseconds(p.p95)}, n ${p.n}`,
    `first run ${milliseconds(p.cold)}`,
    ...p.flags,
  ].join('\n');
