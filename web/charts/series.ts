import type { SymbolType } from '@observablehq/plot';

/**
 * How a series of a chart is distinguished: by colour and, for readers who cannot distinguish colours, by dash and symbol.
 * Colours are CSS variables, so that a chart follows the colour scheme without being redrawn.
 */
export interface SeriesStyle {
  readonly colour: string;
  readonly dash: string;
  readonly symbol: SymbolType;
}

/** The style of the line that marks a reference value, such as the SLA. */
export const RULE = { colour: 'var(--text)', dash: '6 3' } as const;

const STYLES: readonly SeriesStyle[] = [
  { colour: 'var(--series-1)', dash: 'none', symbol: 'circle' },
  { colour: 'var(--series-2)', dash: '6 3', symbol: 'square' },
  { colour: 'var(--series-3)', dash: '2 2', symbol: 'triangle' },
  { colour: 'var(--series-4)', dash: '8 2 2 2', symbol: 'diamond' },
  { colour: 'var(--series-5)', dash: '12 3', symbol: 'star' },
  { colour: 'var(--series-6)', dash: '4 1', symbol: 'wye' },
];

/** The style of the series with this index. After six, colours repeat with other dashes and symbols. */
export function styleOf(index: number): SeriesStyle {
  const round = Math.floor(index / STYLES.length);
  const own = STYLES[index % STYLES.length]!;
  return { ...STYLES[(index + round) % STYLES.length]!, colour: own.colour };
}

/** The points of each variant that has any. A variant's index among all variants chooses its style. */
export const seriesOf = <P extends { readonly variant: string }>(
  points: readonly P[],
  variants: readonly string[],
) =>
  variants
    .map((variant, i) => ({
      variant,
      style: styleOf(i),
      points: points.filter((point) => point.variant === variant),
    }))
    .filter((series) => series.points.length > 0);
