/** A kind of mark in a chart, and its meaning. */
interface LegendEntry {
  readonly label: string;
  readonly colour: string;
  /** A character that looks like the mark; absent for a line, of which the legend draws a piece. */
  readonly sign?: string;
  readonly dash?: string;
}

/** The entry for the vertical line at which a new plan starts to serve. */
export const NEW_PLAN: LegendEntry = { label: 'new plan', colour: 'var(--muted)', sign: '┊' };

export function Legend({ entries }: { readonly entries: readonly LegendEntry[] }) {
  return (
    <ul class="row legend">
      {entries.map(({ label, colour, sign, dash }) => (
        <li key={label}>
          <span style={{ color: colour }} aria-hidden="true">
            {sign ?? (
              <svg width="24" height="8" aria-hidden="true">
                <path stroke="currentColor" stroke-width="1.75" stroke-dasharray={dash} d="M0 4H24" />
              </svg>
            )}
          </span>{' '}
          {label}
        </li>
      ))}
    </ul>
  );
}
