import type { ComponentChildren } from 'preact';
import type { Column } from './DataTable.tsx';
import { Term } from './Term.tsx';
import { useNarrow } from './width.ts';

/** A column of a table whose rows cannot be sorted, so that it needs no value. */
export type CardColumn<Row> = Omit<Column<Row>, 'value'> & Partial<Pick<Column<Row>, 'value'>>;

interface CardTableProps<Row> {
  readonly label: string;
  readonly class?: string;
  /** Head of the first column, which names the rows. */
  readonly corner: string;
  readonly columns: readonly CardColumn<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly rowHead: (row: Row) => ComponentChildren;
  readonly marked?: (row: Row) => boolean;
}

/** A table that is always expanded. On a narrow screen each row becomes a card, in which each cell has its column's head. */
export function CardTable<Row>(props: CardTableProps<Row>) {
  const { label, class: own, corner, columns, rows, rowKey, rowHead, marked } = props;
  const narrow = useNarrow();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section class="scroll cards" aria-label={label} tabIndex={0}>
      <table class={own}>
        <thead>
          <tr>
            <th scope="col">
              <Term>{corner}</Term>
            </th>
            {columns.map((column) => (
              <th key={column.label} scope="col" class={column.numeric ? 'numeric' : undefined}>
                <Term>{column.label}</Term>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} class={marked?.(row) ? 'marked' : undefined}>
              <th scope="row">{rowHead(row)}</th>
              {columns.map(({ label: head, numeric, show, value }) => (
                <td key={head} class={numeric ? 'numeric' : undefined} data-head={head}>
                  {narrow && (
                    <div class="muted small">
                      <Term>{head}</Term>
                    </div>
                  )}
                  <div>{show ? show(row) : value?.(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
