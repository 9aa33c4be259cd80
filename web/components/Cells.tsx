import {
  type Cell,
  type CellFlag,
  cellId,
  type MeasuredCell,
  runNames,
} from '../../solver/documents/cell.ts';
import { median } from '../../solver/math/statistics.ts';
import { FLAGS, SKIPS } from '../../solver/report/cell-flags.ts';
import { type Weight, weightOf } from './cell-flags.ts';
import { type Column, DataTable, figures } from './DataTable.tsx';
import { milliseconds, number, plural, runLabel } from './format.ts';

/** The symbol of each severity, for readers who cannot distinguish the colours. */
const MARKS: Record<Weight, string> = { bad: '✕', warn: '!', note: '○' };

function Flag({ weight, children }: { readonly weight: Weight; readonly children: string }) {
  return (
    <span class={`flag ${weight}`}>
      <span aria-hidden="true">{MARKS[weight]}</span> {children}
    </span>
  );
}

export function CellFlags({ flags }: { readonly flags: readonly CellFlag[] }) {
  return (
    <span class="row">
      {flags.map((flag) => (
        <span key={flag} title={FLAGS[flag]}>
          <Flag weight={weightOf(flag)}>{flag}</Flag>
        </span>
      ))}
    </span>
  );
}

/** Notes for cells whose measurements are unreliable, and for cells without measurements. */
export function CellNotes({ cells }: { readonly cells: readonly Cell[] }) {
  const measured = cells.filter((cell) => cell.state === 'measured');
  const failed = cells.filter((cell) => cell.state === 'failed');
  const skipped = cells.filter((cell) => cell.state === 'skipped');
  const flags = (Object.keys(FLAGS) as CellFlag[]).map((flag) => ({
    flag,
    count: measured.filter((cell) => cell.flags.includes(flag)).length,
  }));
  return (
    <ul class="notes">
      {flags
        .filter(({ count }) => count > 0)
        .map(({ flag, count }) => (
          <li key={flag}>
            <Flag weight={weightOf(flag)}>{flag}</Flag> {plural(count, 'cell')}: {FLAGS[flag]}.
          </li>
        ))}
      {skipped.length > 0 && (
        <li>
          <Flag weight="note">skipped</Flag> {plural(skipped.length, 'cell')}. The table gives the reason for
          each.
        </li>
      )}
      {failed.map((cell) => (
        <li key={cellId(cell)}>
          <Flag weight="bad">failed</Flag> {cellId(cell)}: {cell.error}
        </li>
      ))}
    </ul>
  );
}

const ofMeasured =
  (value: (cell: MeasuredCell) => number | null) =>
  (cell: Cell): number | null =>
    cell.state === 'measured' ? value(cell) : null;

const times = (label: string, value: (cell: MeasuredCell) => number | null): Column<Cell> =>
  figures(label, ofMeasured(value), milliseconds);

function Remark({ cell }: { readonly cell: Cell }) {
  if (cell.state === 'measured') return <CellFlags flags={cell.flags} />;
  const why = cell.state === 'failed' ? cell.error : SKIPS[cell.reason];
  return (
    <>
      <Flag weight={cell.state === 'failed' ? 'bad' : 'note'}>{cell.state}</Flag> {why}
    </>
  );
}

/** Columns for cells of several session runs: medians of the steps and of the time of each kind of session run. */
function runColumns(cells: readonly Cell[]): Column<Cell>[] {
  const names = runNames(cells);
  if (names.length === 0) return [];
  const medianOf = (values: readonly number[] | undefined) => (values ? median(values) : null);
  return [
    figures(
      'Steps',
      ofMeasured(({ steps }) => medianOf(steps)),
    ),
    ...names.map((name) => times(`p50, ${runLabel(name)}`, ({ runsMs }) => medianOf(runsMs?.[name]))),
  ];
}

const KEY_AND_TIMES: readonly Column<Cell>[] = [
  { label: 'Variant', value: (cell) => cell.variant },
  { label: 'Backend', value: (cell) => cell.backend },
  figures('Threads', (cell) => cell.threads),
  figures('Batch', (cell) => cell.batch),
  times('p50', (cell) => cell.latencyMs.p50),
  times('p95', (cell) => cell.latencyMs.p95),
  figures(
    'n',
    ofMeasured((cell) => cell.latencyMs.n),
  ),
  figures(
    'Items/s',
    ofMeasured((cell) => (1000 * cell.batch) / cell.latencyMs.mean),
    number,
  ),
  times('Load', (cell) => cell.cold.loadMs),
  times('Create', (cell) => cell.cold.createMs),
  times('First run', (cell) => cell.cold.firstRunMs),
];

const VALIDITY: Column<Cell> = {
  label: 'Validity',
  value: (cell) => (cell.state === 'measured' ? cell.flags.join() : cell.state),
  show: (cell) => <Remark cell={cell} />,
};

export function CellTable({ stage, cells }: { readonly stage: string; readonly cells: readonly Cell[] }) {
  const columns = [...KEY_AND_TIMES, ...runColumns(cells), VALIDITY];
  return <DataTable caption={`Table of ${stage}`} columns={columns} rows={cells} rowKey={cellId} />;
}
