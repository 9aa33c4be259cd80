import { useEffect, useMemo, useState } from 'preact/hooks';
import { samplesOf } from '../../../models/items/audio.ts';
import type { Item } from '../../../models/items/item-batch.ts';
import type { ItemFormatOf } from '../../../models/items/item-format.ts';
import { number } from '../../components/format.ts';
import { play } from './player.ts';
import { peaksOf } from './waveform.ts';

interface RecordingProps {
  readonly format: ItemFormatOf<'audio'>;
  readonly content: Item;
}

const COLUMNS = 240;
const HEIGHT = 48;

/** A recording: its waveform, and a button that plays it. */
export function Recording({ format: { sampleRateHz }, content }: RecordingProps) {
  const samples = useMemo(() => samplesOf(content), [content]);
  const path = useMemo(() => waveformPath(samples), [samples]);
  const [stop, setStop] = useState<(() => void) | null>(null);
  // Another recording in this place, or none, ends the sound of this one.
  useEffect(() => stop ?? undefined, [samples, stop]);
  return (
    <div class="recording wave">
      <button
        type="button"
        aria-label={stop ? 'Stop the recording' : 'Play the recording'}
        onClick={() => {
          if (stop) stop();
          else {
            const end = play(samples, sampleRateHz, () => setStop(null));
            setStop(() => end);
          }
        }}
      >
        <span aria-hidden="true">{stop ? '■' : '▶'}</span>
      </button>
      <svg
        viewBox={`0 0 ${COLUMNS} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`waveform of ${seconds(samples.length / sampleRateHz)}`}
      >
        <path d={path} />
      </svg>
    </div>
  );
}

export const seconds = (s: number): string => `${number(s, 1)}\u00a0s`;

/** A vertical line for each column, from the lowest to the highest sample; silence is a dot. */
const waveformPath = (samples: Float32Array): string =>
  peaksOf(samples, COLUMNS)
    .map(({ low, high }, column) => {
      const y = (value: number) => ((1 - value) * HEIGHT) / 2;
      return `M${column + 0.5} ${(y(high) - 0.25).toFixed(2)}V${(y(low) + 0.25).toFixed(2)}`;
    })
    .join('');
