/** What a mark of a chart means. */
export interface LegendEntry {
  readonly label: string;
  readonly colour: string;
  /** A character that looks like the mark. A line has none: the legend draws a piece of it. */
  readonly sign?: string;
  readonly dash?: string;
}

/** The line at which a plan replaced another. */
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
