import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { grouped } from '../../solver/math/figures.ts';
import { DASH, plural } from './format.ts';
import { TermMark } from './Term.tsx';

export interface Column<Row> {
  readonly label: string;
  /** The value to sort by, also shown if there is no `show`. */
  readonly value: (row: Row) => string | number | null;
  readonly show?: (row: Row) => ComponentChildren;
  readonly numeric?: boolean;
}

/** Makes a column of numbers, which are shown with all their digits without `format`. */
export const figures = <Row,>(
  label: string,
  value: (row: Row) => number | null,
  format: (value: number | null) => string = allDigits,
): Column<Row> => ({
  label,
  numeric: true,
  value,
  show: (row: Row) => format(value(row)),
});

const allDigits = (value: number | null): string => (value === null ? DASH : grouped(value));

interface DataTableProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly marked?: (row: Row) => boolean;
}

/** A collapsed table with the numbers of a chart. A click on a column's head sorts the rows. */
export function DataTable<Row>({ caption, columns, rows, rowKey, marked }: DataTableProps<Row>) {
  const [sort, setSort] = useState<{ column: number; down: boolean } | null>(null);
  const sorted = sort ? sortRows(rows, columns[sort.column]!, sort.down) : rows;
  const press = (column: number) =>
    setSort((now) => (now?.column === column ? { column, down: !now.down } : { column, down: false }));
  return (
    <details class="fold">
      <summary>
        {caption} <span class="muted small">({plural(rows.length, 'row')})</span>
      </summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section class="scroll" aria-label={caption} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {columns.map((column, i) => (
                <th
                  key={column.label}
                  scope="col"
                  class={column.numeric ? 'numeric' : undefined}
                  // Without this label, screen readers would also read the name of the question mark with each figure of the column.
                  aria-label={column.label}
                  aria-sort={sort?.column === i ? (sort.down ? 'descending' : 'ascending') : undefined}
                >
                  <button type="button" onClick={() => press(i)}>
                    {column.label}
                  </button>
                  <TermMark of={column.label} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.map((row) => (
              <tr key={rowKey(row)} class={marked?.(row) ? 'marked' : undefined}>
                {columns.map((column) => (
                  <td key={column.label} class={column.numeric ? 'numeric' : undefined}>
                    {column.show ? column.show(row) : column.value(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}

/** Sorts rows by a column. Unknown values are last in both directions. */
function sortRows<Row>(rows: readonly Row[], column: Column<Row>, down: boolean): Row[] {
  return [...rows].sort((a, b) => {
    const [x, y] = [column.value(a), column.value(b)];
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    const order = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y));
    return down ? -order : order;
  });
}
