import { type Cell, cellId, type Profile } from '../../../solver/documents/profile.ts';

type Field = string | number | null;

const COLUMNS: readonly (readonly [head: string, field: (cell: Cell) => Field])[] = [
  ['stage', (cell) => cell.stage],
  ['variant', (cell) => cell.variant],
  ['backend', (cell) => cell.backend],
  ['threads', (cell) => cell.threads],
  ['batch', (cell) => cell.batch],
  ['state', (cell) => cell.state],
  ...(['n', 'mean', 'p50', 'p50Low', 'p50High', 'p95', 'p99', 'max'] as const).map(
    (name) =>
      [
        name === 'n' ? name : `${name}Ms`,
        (cell: Cell) => (cell.state === 'measured' ? cell.latencyMs[name] : null),
      ] as const,
  ),
  ['itemsPerS', (cell) => (cell.state === 'measured' ? (1000 * cell.batch) / cell.latencyMs.mean : null)],
  ...(['loadMs', 'createMs', 'firstRunMs'] as const).map(
    (name) => [name, (cell: Cell) => (cell.state === 'measured' ? cell.cold[name] : null)] as const,
  ),
  ['flags', (cell) => (cell.state === 'measured' ? cell.flags.join(' ') : null)],
  [
    'reason',
    (cell) => (cell.state === 'skipped' ? cell.reason : cell.state === 'failed' ? cell.error : null),
  ],
];

/** Writes the cells of a profile as CSV (RFC 4180), one per line, sorted by id. Percentiles that were not measured are empty. */
export function cellsCsv({ cells }: Profile): string {
  const sorted = [...cells].sort((a, b) => cellId(a).localeCompare(cellId(b), 'en', { numeric: true }));
  const lines = sorted.map((cell) => COLUMNS.map(([, field]) => csvField(field(cell))));
  return [COLUMNS.map(([head]) => head), ...lines].map((line) => `${line.join(',')}\r\n`).join('');
}

/** Formats a CSV field. A text that a spreadsheet would take for a formula gets a leading apostrophe. */
function csvField(field: Field): string {
  if (field === null) return '';
  if (typeof field === 'number') return String(field);
  const text = /^[=+\-@\t\r]/.test(field) ? `'${field}` : field;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
