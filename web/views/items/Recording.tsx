import { useEffect, useMemo, useState } from 'preact/hooks';
import { samplesOf } from '../../../models/items/audio.ts';
import type { Item } from '../../../models/items/item-batch.ts';
import type { ItemFormatOf } from '../../../models/items/item-format.ts';
import { number } from '../../components/format.ts';
import { play } from './player.ts';
import { Wave } from './Wave.tsx';
import { peaksOf } from './waveform.ts';

interface RecordingProps {
  readonly format: ItemFormatOf<'audio'>;
  readonly content: Item;
}

const COLUMNS = 240;

/** A recording: its waveform, and a button that plays it. */
export function Recording({ format: { sampleRateHz }, content }: RecordingProps) {
  const samples = useMemo(() => samplesOf(content), [content]);
  const peaks = useMemo(() => peaksOf(samples, COLUMNS), [samples]);
  const [stop, setStop] = useState<(() => void) | null>(null);
  // The sound ends when another recording replaces this one, or when the component is removed.
  useEffect(() => stop ?? undefined, [samples, stop]);
  return (
    <div class="recording">
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
      <Wave peaks={peaks} label={`waveform of ${seconds(samples.length / sampleRateHz)}`} />
    </div>
  );
}

export const seconds = (s: number): string => `${number(s, 1)}\u00a0s`;
