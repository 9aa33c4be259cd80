import type { Peak } from './waveform.ts';

interface WaveProps {
  readonly peaks: readonly Peak[];
  /** The description for screen readers. */
  readonly label: string;
}

/** Height of the drawing, in units of its columns; CSS stretches the drawing to the space that it has. */
const HEIGHT = 48;

/** A recording as a waveform: a vertical line for each column, from the lowest to the highest sample; silence is a dot. */
export function Wave({ peaks, label }: WaveProps) {
  const y = (value: number) => ((1 - value) * HEIGHT) / 2;
  const path = peaks.map(
    ([low, high], i) => `M${i + 0.5} ${(y(high) - 0.25).toFixed(2)}V${(y(low) + 0.25).toFixed(2)}`,
  );
  return (
    <svg
      class="wave"
      viewBox={`0 0 ${peaks.length} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path
        d={path.join('')}
        stroke="var(--series-1)"
        stroke-width="1.5"
        vector-effect="non-scaling-stroke"
      />
    </svg>
  );
}
