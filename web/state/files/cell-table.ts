import { z } from 'zod';
import {
  type CellKey,
  cellFlag,
  cellId,
  cellKey,
  keyOf,
  type MeasuredCell,
  type Summary,
} from '../../../solver/documents/cell.ts';
import {
  type Device,
  device,
  isoDate,
  milliseconds,
  name,
  positiveCount,
  sha256,
  WRONG_MAX,
} from '../../../solver/documents/common.ts';
import { InvalidDocumentError, plain, shown } from '../../../solver/documents/document.ts';
import type { Profile } from '../../../solver/documents/profile.ts';
import { getOrMake } from '../../../solver/math/maps.ts';
import { sha256OfText } from '../../../solver/math/sha256.ts';
import { readCsv } from './csv.ts';

export type ComparedMeasured = CellKey &
  Pick<MeasuredCell, 'state' | 'flags'> & {
    readonly latencyMs: Pick<Summary, 'n' | 'p50' | 'p50Low' | 'p50High'>;
  };
export type ComparedCell = ComparedMeasured | (CellKey & { readonly state: 'skipped' | 'failed' });

/** The fields of a profile that a comparison reads. They are all that the page reads of a table of cells (CSV). */
export interface ComparedProfile extends Pick<Profile, 'pipeline' | 'createdAt' | 'pack'> {
  readonly device: Pick<Device, 'platform' | 'agent' | 'ortVersion' | 'ortBuild' | 'timerGrainMs'> & {
    readonly adapter: Omit<NonNullable<Device['adapter']>, 'software'> | null;
  };
  readonly stages: readonly {
    readonly name: string;
    readonly variants: readonly { readonly name: string; readonly sha256: string }[];
  }[];
  readonly cells: readonly ComparedCell[];
}

/** SHA-256 of the model of a cell; undefined if the profile has no such variant. */
export const modelOf = ({ stages }: ComparedProfile, key: CellKey): string | undefined =>
  stages.find(({ name }) => name === key.stage)?.variants.find(({ name }) => name === key.variant)?.sha256;

/**
 * The cells of a profile, read from a table (CSV) that `cells-csv.ts` has written. A comparison can use them, but a plan cannot.
 */
export interface CellTable {
  readonly sha256: string;
  readonly profile: ComparedProfile;
  /** Name of the table's file. */
  readonly file: string;
}

const text = z.string().transform((field) => field.replace(/^'(?='*[=+\-@\t\r])/, ''));
/** Spreadsheets save small numbers again with a capital E, e.g. `4.1E-05`. */
const numeral = z.string().regex(/^\d+(\.\d+)?(e[+-]\d+)?$/i, 'expected a number');
const figure = <T extends z.ZodType<number, number>>(schema: T) => numeral.transform(Number).pipe(schema);

/**
 * The fields of the whole profile. Each line of the table repeats them, so that a spreadsheet can combine the lines of several
 * tables.
 */
const ORIGIN = {
  pipeline: name,
  createdAt: isoDate,
  adapter: text.pipe(z.string().max(1000)),
  platform: text.pipe(device.shape.platform),
  agent: text.pipe(device.shape.agent),
  ortVersion: text.pipe(device.shape.ortVersion),
  ortBuild: device.shape.ortBuild,
  timerGrainMs: figure(milliseconds),
};
const key = z.object({
  ...cellKey.shape,
  threads: figure(positiveCount),
  batch: figure(positiveCount),
  sha256,
  ...ORIGIN,
});
const measured = key.extend({
  state: z.literal('measured'),
  n: figure(positiveCount),
  p50Ms: figure(milliseconds),
  p50LowMs: figure(milliseconds),
  p50HighMs: figure(milliseconds),
  flags: z
    .string()
    .transform((flags) => flags.split(' ').filter(Boolean))
    .pipe(z.array(cellFlag)),
});
/** The columns of a line that the page reads. Others, such as means, are for people who open the table in a spreadsheet. */
const row = z.discriminatedUnion('state', [measured, key.extend({ state: z.enum(['skipped', 'failed']) })]);
type Row = z.infer<typeof row>;

/** Reads a table of cells. @param file name of the table for errors @throws InvalidDocumentError */
export function parseCellTable(csv: string, file: string): CellTable {
  const lines = readCsv(csv, file);
  const columns: readonly string[] = lines.next().value?.fields ?? [];
  // In many languages, spreadsheets separate fields by semicolons, and write numbers with a comma.
  const resaved = columns.length === 1 && columns[0]!.includes(';');
  const problems = resaved
    ? ['line 1: expected commas between the fields, found semicolons: take the table as the page saved it']
    : Object.keys(measured.shape)
        .filter((column) => columns.filter((one) => one === column).length !== 1)
        .map((column) => `line 1: expected one column ${column}`);
  const rows: Row[] = [];
  const ids = new Set<string>();
  for (const { line, fields } of problems.length > 0 ? [] : lines) {
    if (problems.length >= WRONG_MAX) break;
    const value = Object.fromEntries(columns.map((column, i) => [column, fields[i]]));
    const wrong = (column: string, message: string) =>
      problems.push(`line ${line}, column ${column}: ${message}, found ${shown(value[column])}`);
    const { data, error } = row.safeParse(value);
    if (fields.length !== columns.length)
      problems.push(`line ${line}: expected ${columns.length} fields, found ${fields.length}`);
    else if (error) for (const { path, message } of error.issues) wrong(String(path[0]), plain(message));
    else {
      const [first = data] = rows;
      for (const column of Object.keys(ORIGIN) as (keyof typeof ORIGIN)[])
        if (data[column] !== first[column])
          wrong(column, `expected ${shown(first[column])} as in the first line`);
      if (ids.has(cellId(data))) problems.push(`line ${line}: expected one cell ${cellId(data)}`);
      ids.add(cellId(data));
      rows.push(data);
    }
  }
  const [first] = rows;
  if (!first && problems.length === 0) problems.push('line 2: expected a cell');
  if (!first || problems.length > 0) throw new InvalidDocumentError(file, problems);
  return { sha256: sha256OfText(csv), profile: profileOf(first, rows), file };
}

function profileOf({ pipeline, createdAt, adapter, ...origin }: Row, rows: readonly Row[]): ComparedProfile {
  const { platform, agent, ortVersion, ortBuild, timerGrainMs } = origin;
  const stages = new Map<string, { name: string; sha256: string }[]>();
  for (const { stage, variant, sha256 } of rows)
    getOrMake(stages, stage, () => []).push({ name: variant, sha256 });
  const named = adapter === 'none' ? null : { vendor: adapter, architecture: '', description: '' };
  return {
    pipeline,
    createdAt,
    device: { platform, agent, ortVersion, ortBuild, timerGrainMs, adapter: named },
    stages: [...stages].map(([name, variants]) => ({ name, variants })),
    cells: rows.map((one): ComparedCell => {
      if (one.state !== 'measured') return { ...keyOf(one), state: one.state };
      const { n, p50Ms: p50, p50LowMs: p50Low, p50HighMs: p50High, flags } = one;
      return { ...keyOf(one), state: 'measured', latencyMs: { n, p50, p50Low, p50High }, flags };
    }),
  };
}
