import { type Cell, type MeasuredCell, roundTripsMs } from '../../solver/documents/cell.ts';
import type { Backend } from '../../solver/documents/common.ts';
import { nearestRank, samplesMin, sortedNumbers } from '../../solver/math/statistics.ts';
import { gpusFirst } from '../components/backends.ts';
import { milliseconds, number, sweepText } from '../components/format.ts';

/** Data of one chart: points of the cells of a stage on one backend with one thread count. */
export interface CellPanel<Point> {
  readonly id: string;
  readonly stage: string;
  readonly backend: Backend;
  readonly threads: number;
  readonly points: Point[];
}

export type BatchPanel = CellPanel<BatchPoint>;

/** The figures of a measured cell that charts and tooltips show. Times are in milliseconds. */
export interface BatchPoint {
  readonly variant: string;
  readonly batch: number;
  readonly p50: number;
  /** Null if there are too few samples for a 5th percentile. */
  readonly p5: number | null;
  readonly p95: number | null;
  readonly cold: number;
  readonly itemsPerS: number;
  readonly n: number;
  readonly flags: readonly string[];
}

/** Groups the points of a stage's measured cells by chart: GPU backends first, then by thread count. */
export function cellPanels<Point>(
  stage: string,
  cells: readonly Cell[],
  pointsOf: (cell: MeasuredCell) => readonly Point[],
): CellPanel<Point>[] {
  const panels = new Map<string, CellPanel<Point>>();
  for (const cell of cells) {
    if (cell.state !== 'measured' || cell.stage !== stage) continue;
    const { backend, threads } = cell;
    const id = `${stage}/${backend}/${threads}`;
    if (!panels.has(id)) panels.set(id, { id, stage, backend, threads, points: [] });
    const { points } = panels.get(id)!;
    for (const point of pointsOf(cell)) points.push(point);
  }
  return [...panels.values()].sort(gpusFirst);
}

/** Charts of a stage's cells by batch. Points are in order of batch size. */
export function batchPanels(stage: string, cells: readonly Cell[]): BatchPanel[] {
  const panels = cellPanels(stage, cells, (cell) => [pointOf(cell)]);
  for (const { points } of panels) points.sort((a, b) => a.batch - b.batch);
  return panels;
}

function pointOf(cell: MeasuredCell): BatchPoint {
  const sorted = sortedNumbers(roundTripsMs(cell));
  return {
    variant: cell.variant,
    batch: cell.batch,
    p50: cell.latencyMs.p50,
    p5: sorted.length >= samplesMin(95) ? nearestRank(sorted, 5) : null,
    p95: cell.latencyMs.p95,
    cold: cell.cold.firstRunMs,
    itemsPerS: (1000 * cell.batch) / cell.latencyMs.mean,
    n: cell.latencyMs.n,
    flags: cell.flags,
  };
}

/**
 * Title of a chart, e.g. `detect on wasm, 2 threads`.
 * @param software whether WebGPU has only a software adapter; the titles of charts of WebGPU then say so
 */
export const panelTitle = (
  panel: Pick<BatchPanel, 'stage' | 'backend' | 'threads'>,
  software = false,
): string =>
  `${panel.stage} on ${sweepText(panel)}${software && panel.backend === 'webgpu' ? ' (SOFTWARE)' : ''}`;

/** Tooltip of a point. */
export const describePoint = (p: BatchPoint): string =>
  [
    `${p.variant}, batch ${p.batch}`,
    `p50 ${milliseconds(p.p50)}, p95 ${milliseconds(p.p95)}, n ${p.n}`,
    `${number(p.itemsPerS)} items/s`,
    `first run ${milliseconds(p.cold)}`,
    ...p.flags,
  ].join('\n');
