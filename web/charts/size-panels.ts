import { type Cell, type MeasuredCell, roundTripsMs, runNames } from '../../solver/documents/cell.ts';
import type { SizeUnit } from '../../solver/documents/profile.ts';
import { median } from '../../solver/math/statistics.ts';
import { milliseconds, number, plural, runLabel } from '../components/format.ts';
import { type CellPanel, cellPanels } from './batch-panels.ts';

/** The figures of one run of a batch that charts and tooltips show. */
export interface SizePoint {
  readonly variant: string;
  /** Total size of the batch's items. */
  readonly size: number;
  /** Milliseconds of the whole round trip to the stage worker. */
  readonly ms: number;
  readonly text: string;
}

type SizedCell = MeasuredCell & { readonly sizes: readonly number[] };

const variesInSize = (cell: Cell): cell is SizedCell =>
  cell.state === 'measured' && cell.sizes !== undefined && cell.sizes.some((size) => size !== cell.sizes![0]);

/** The batch sizes, in rising order, at which the total item sizes of a stage's runs differ. */
export const batchesOfSizes = (cells: readonly Cell[]): number[] =>
  [...new Set(cells.filter(variesInSize).map(({ batch }) => batch))].sort((a, b) => a - b);

/** Charts of a stage's runs at one batch: a point for each run, in order of size. */
export function sizePanels(
  stage: string,
  cells: readonly Cell[],
  batch: number,
  unit: SizeUnit,
): CellPanel<SizePoint>[] {
  const sized = cells.filter(variesInSize).filter((cell) => cell.batch === batch);
  return cellPanels(stage, sized, (cell) => pointsOf(cell, unit)).map((panel) => ({
    ...panel,
    points: panel.points.sort((a, b) => a.size - b.size),
  }));
}

function pointsOf(cell: MeasuredCell, unit: SizeUnit): SizePoint[] {
  const names = runNames([cell]);
  const timesMs = roundTripsMs(cell);
  return cell.sizes!.map((size, run) => ({
    variant: cell.variant,
    size,
    ms: timesMs[run]!,
    text: [
      `${cell.variant}, ${number(size)} ${unit}`,
      milliseconds(timesMs[run]!),
      ...(cell.steps ? [plural(cell.steps[run]!, 'step')] : []),
      ...names.map((name) => `${runLabel(name)} ${milliseconds(cell.runsMs![name]![run]!)}`),
    ].join('\n'),
  }));
}

/** At most this many groups of runs of like size, through whose medians the chart draws a line. */
const GROUPS = 8;
/** A group has at least this many runs, unless there are fewer in all. */
const FEWEST = 5;

/** Medians of size and time over groups of runs of like size. @param points of one variant, in order of size */
export function medianLine(points: readonly SizePoint[]): { readonly size: number; readonly ms: number }[] {
  const groups = Math.max(1, Math.min(GROUPS, Math.floor(points.length / FEWEST)));
  const bound = (group: number) => Math.round((group * points.length) / groups);
  return Array.from({ length: groups }, (_, group) => {
    const own = points.slice(bound(group), bound(group + 1));
    return { size: median(own.map(({ size }) => size)), ms: median(own.map(({ ms }) => ms)) };
  });
}
