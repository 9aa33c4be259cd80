import { signal } from '@preact/signals';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { CellTable } from './files/cell-table.ts';

/** The tables of cells (CSV) that the user opened. The page forgets them when it is closed. */
export const tables = signal<readonly CellTable[]>([]);

/** The profile or table to compare the opened profile with; null if the user chose none, undefined before any choice. */
export const chosen = signal<IdentifiedProfile | CellTable | null | undefined>(undefined);

/**
 * Chooses a table of cells for the comparison with the opened profile. If no profile is open, the page compares the table with
 * the next profile that the user opens.
 */
export function compareTable(table: CellTable): void {
  tables.value = [...tables.value.filter(({ sha256 }) => sha256 !== table.sha256), table];
  chosen.value = table;
}
