import type { ComponentChildren } from 'preact';
import { Term } from './Term.tsx';

export interface CardColumn<Row> {
  readonly head: string;
  readonly numeric?: boolean;
  readonly show: (row: Row) => ComponentChildren;
}

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

/** An expanded table. On a narrow screen each row becomes a card. */
export function CardTable<Row>(props: CardTableProps<Row>) {
  const { label, class: own, corner, columns, rows, rowKey, rowHead, marked } = props;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section class="scroll cards" aria-label={label} tabIndex={0}>
      <table class={own}>
        <thead>
          <tr>
            <th scope="col">{corner}</th>
            <CardHeads columns={columns} />
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} class={marked?.(row) ? 'marked' : undefined}>
              <th scope="row">{rowHead(row)}</th>
              <CardCells columns={columns} row={row} />
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Head cells of the columns, for the row of heads. */
export function CardHeads<Row>({ columns }: Pick<CardTableProps<Row>, 'columns'>) {
  return columns.map(({ head, numeric }) => (
    <th key={head} scope="col" class={numeric ? 'numeric' : undefined}>
      <Term>{head}</Term>
    </th>
  ));
}

/** Cells of one row, each with its column's head for the card on a narrow screen. */
export function CardCells<Row>({
  columns,
  row,
}: Pick<CardTableProps<Row>, 'columns'> & { readonly row: Row }) {
  return columns.map(({ head, numeric, show }) => (
    <td key={head} class={numeric ? 'numeric' : undefined} data-head={head}>
      {show(row)}
    </td>
  ));
}
