import { useEffect, useRef, useState } from 'preact/hooks';
import {
  contentBytesMax,
  ITEM_NOUNS,
  type ItemFormat,
  type ItemKind,
} from '../../../../models/items/item-format.ts';
import { fitOf } from '../../../../models/packs/sources/source.ts';
import { bytes, number } from '../../../components/format.ts';
import { models } from '../../../state/app.ts';
import {
  notTaken,
  ownContent,
  ownText,
  recording,
  takeFile,
  takeRecording,
  taking,
} from '../../../state/own/own-input.ts';
import { itemViewOf } from '../../../views/items/registry.tsx';
import { FileButton } from '../../controls/FileButton.tsx';
import { useKeptFocus } from '../../controls/kept-focus.ts';
import { useDrop } from '../../controls/use-drop.ts';

/** The label of the file button and the file types that it accepts, for each kind of item. */
const FILES: Readonly<Record<ItemKind, { readonly label: string; readonly accept: string }>> = {
  pixels: { label: 'Choose a picture', accept: 'image/*' },
  audio: { label: 'Choose a sound', accept: 'audio/*,video/*,.wav' },
  text: { label: 'Choose a text file', accept: 'text/*' },
};

const STEPS = { asking: 'Waiting for the microphone …', reading: 'Reading …' };

/** Takes the content of a request: a text that is typed, a sound that is recorded, or a file that is chosen or dropped. */
export function ContentInput({ format }: { readonly format: ItemFormat }) {
  const busy = taking.value !== null;
  const take = ([file]: File[]) => takeFile(file!);
  const { over, target } = useDrop(busy, take);
  const host = useKeptFocus();
  return (
    <section
      class={over ? 'stack dashed own-drop over' : 'stack dashed own-drop'}
      aria-label="Content"
      {...target}
    >
      {format.kind === 'text' && <TextInput bytesMax={contentBytesMax(format)} />}
      <div class="row" ref={host} tabIndex={-1}>
        {format.kind === 'audio' && <RecordButton />}
        <FileButton {...FILES[format.kind]} disabled={busy} onFiles={take} />
        <span class="muted">
          {typeof taking.value === 'string' ? STEPS[taking.value] : `or drop it here${note(format)}`}
        </span>
      </div>
      <p class="unseen" role="status">
        {spokenStatus(format)}
      </p>
      {format.kind !== 'text' && <Preview format={format} />}
    </section>
  );
}

/** Status for screen readers, because a recording may begin late and ends by itself. */
function spokenStatus({ kind }: ItemFormat): string {
  if (recording.value) return 'Recording';
  const isTaken = ownContent.value !== null && taking.value === null && notTaken.value === null;
  return isTaken ? `The ${ITEM_NOUNS[kind].one} is taken.` : '';
}

function note(format: ItemFormat): string {
  if (format.kind === 'audio')
    return `. At most ${number(format.samplesMax / format.sampleRateHz)} s, converted to mono at ${number(format.sampleRateHz)} Hz`;
  if (format.kind === 'pixels')
    return `. ${fitOf(models.value!.pipeline.first) === 'stretch' ? 'It is stretched' : 'Its centre is resized'} to ${format.width}\u00a0×\u00a0${format.height} ${format.channels === 1 ? 'grey ' : ''}pixels`;
  return '';
}

function TextInput({ bytesMax }: { readonly bytesMax: number }) {
  const text = ownText.value;
  const length = new TextEncoder().encode(text).length;
  return (
    <label class="field">
      Text
      <textarea
        rows={5}
        dir="auto"
        value={text}
        onInput={(event) => {
          ownText.value = event.currentTarget.value;
        }}
      />
      {length > bytesMax && (
        <span class="invalid">
          {bytes(length)}; the stage takes the first {bytes(bytesMax)}.
        </span>
      )}
    </label>
  );
}

const TICK_MS = 200;

/** Records with the microphone, and shows for how long. */
function RecordButton() {
  const now = recording.value;
  const end = useRef<HTMLButtonElement>(null);
  const [lastedS, setLastedS] = useState(0);
  useEffect(() => {
    if (!now) return;
    // Until the microphone gave sound, no button could be pressed, so the focus had moved from Record to the row around it.
    if (end.current!.parentElement === document.activeElement) end.current!.focus();
    const startMs = performance.now();
    setLastedS(0);
    const timer = setInterval(() => setLastedS((performance.now() - startMs) / 1000), TICK_MS);
    return () => clearInterval(timer);
  }, [now]);
  if (!now)
    return (
      <button type="button" disabled={taking.value !== null} onClick={() => void takeRecording()}>
        <span class="bad" aria-hidden="true">
          ●
        </span>{' '}
        Record
      </button>
    );
  return (
    <>
      <button type="button" ref={end} onClick={() => now.stop()}>
        <span aria-hidden="true">■</span> End the recording
      </button>
      <span role="timer">{number(lastedS, 0)} s</span>
    </>
  );
}

function Preview({ format }: { readonly format: ItemFormat }) {
  const own = ownContent.value;
  if (!own) return null;
  return (
    <figure class="own-preview">
      {itemViewOf(format).draw(format, own.content, null)}
      <figcaption class="muted">{own.name}</figcaption>
    </figure>
  );
}
