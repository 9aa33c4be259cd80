import { type Cell, cellId, type MeasuredCell, runNames } from '../../../solver/documents/cell.ts';
import type { Profile } from '../../../solver/documents/profile.ts';
import { mean } from '../../../solver/math/statistics.ts';
import { adapterText } from '../../components/format.ts';
import { modelOf } from './cell-table.ts';

type Field = string | number | null;
type Column = readonly [head: string, field: (cell: Cell, profile: Profile) => Field];

/** Makes a column of a figure that only measured cells have. */
const ofMeasured = (head: string, field: (cell: MeasuredCell) => Field): Column => [
  head,
  (cell) => (cell.state === 'measured' ? field(cell) : null),
];

/** Makes a column with the mean of each measured cell's `values`, of which there is one for each run. */
const meanOf = (head: string, values: (cell: MeasuredCell) => readonly number[] | undefined): Column =>
  ofMeasured(head, (cell) => {
    const own = values(cell);
    return own ? mean(own) : null;
  });

const COLUMNS: readonly Column[] = [
  ...(['stage', 'variant', 'backend', 'threads', 'batch', 'state'] as const).map(
    (name) => [name, (cell: Cell) => cell[name]] as const,
  ),
  ...(['n', 'mean', 'p50', 'p50Low', 'p50High', 'p95', 'p99', 'max'] as const).map((name) =>
    ofMeasured(name === 'n' ? name : `${name}Ms`, ({ latencyMs }) => latencyMs[name]),
  ),
  ofMeasured('itemsPerS', ({ batch, latencyMs }) => (1000 * batch) / latencyMs.mean),
  ...(['loadMs', 'createMs', 'firstRunMs'] as const).map((name) =>
    ofMeasured(name, ({ cold }) => cold[name]),
  ),
  meanOf('meanSize', ({ sizes }) => sizes),
  ofMeasured('flags', ({ flags }) => flags.join(' ')),
  [
    'reason',
    (cell) => (cell.state === 'skipped' ? cell.reason : cell.state === 'failed' ? cell.error : null),
  ],
  ['sha256', (cell, profile) => modelOf(profile, cell)!],
  ['pipeline', (_, { pipeline }) => pipeline],
  ['createdAt', (_, { createdAt }) => createdAt],
  ['adapter', (_, { device }) => adapterText(device.adapter)],
  ...(['platform', 'agent', 'ortVersion', 'ortBuild', 'timerGrainMs'] as const).map(
    (name) => [name, (_: Cell, { device }: Profile) => device[name]] as const,
  ),
];

/**
 * Columns for cells whose batches take several session runs: the mean number of steps, and the mean time of each kind of session
 * run.
 */
function runColumns(cells: readonly Cell[]): Column[] {
  const names = runNames(cells);
  if (names.length === 0) return [];
  return [
    meanOf('meanSteps', ({ steps }) => steps),
    ...names.map((name) => meanOf(`meanMs.${name}`, ({ runsMs }) => runsMs?.[name])),
  ];
}

/**
 * Writes the cells of a profile as CSV (RFC 4180), one per line and sorted by id. Each line names the device, so that a
 * spreadsheet can combine several tables. A figure that was not measured, such as a percentile of few samples, is an empty field.
 */
export function cellsCsv(profile: Profile): string {
  const { cells } = profile;
  const columns = [...COLUMNS, ...runColumns(cells)];
  const sorted = [...cells].sort((a, b) => cellId(a).localeCompare(cellId(b), 'en', { numeric: true }));
  const lines = sorted.map((cell) => columns.map(([, field]) => csvField(field(cell, profile))));
  return [columns.map(([head]) => head), ...lines].map((line) => `${line.join(',')}\r\n`).join('');
}

/**
 * Formats a CSV field. A text that a spreadsheet would run as a formula gets a leading apostrophe, which `cell-table.ts` removes.
 */
function csvField(field: Field): string {
  if (field === null) return '';
  if (typeof field === 'number') return String(field);
  const text = /^'*[=+\-@\t\r]/.test(field) ? `'${field}` : field;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
