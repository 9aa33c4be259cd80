import { computed, effect, signal } from '@preact/signals';
import { FIELD_BYTES_MAX, joinFields } from '../../../models/items/fields.ts';
import type { Item } from '../../../models/items/item-batch.ts';
import { contentBytesMax, type ItemFormat } from '../../../models/items/item-format.ts';
import { textItem } from '../../../models/items/text.ts';
import { fitOf } from '../../../models/packs/sources/source.ts';
import { message } from '../../../workers/runtime/errors.ts';
import { bytes as bytesText } from '../../components/format.ts';
import { models } from '../app.ts';
import { checkSize } from '../files/file-size.ts';
import { type MicrophoneRecording, record } from './microphone.ts';
import { readPicture } from './picture.ts';
import { readRecording, readSound } from './sound.ts';
import { textStart } from './text-file.ts';

/** A sound or picture from the user, in the format of the pipeline's first stage. */
interface OwnContent {
  readonly name: string;
  readonly content: Item;
}

export const ownContent = signal<OwnContent | null>(null);
/** The text that the user has typed, for a pipeline of texts. */
export const ownText = signal('');
/** The texts that the user has typed for the fields of an item, such as a question, by the field's name. */
export const ownFields = signal<Readonly<Record<string, string>>>({});
/**
 * `asking` while the browser asks the user for the microphone, or the microphone starts; the recording while the microphone
 * records; `reading` while the page decodes a file or recording; null otherwise.
 */
export const taking = signal<'asking' | 'reading' | MicrophoneRecording | null>(null);
/** The recording of the microphone; null while there is none. */
export const recording = computed(() => (typeof taking.value === 'string' ? null : taking.value));
/** Why the last file or recording was refused, or not taken whole. */
export const notTaken = signal<string | null>(null);

/** Format of the chosen pipeline's requests; null until the pipeline is loaded. */
export const ownFormat = computed<ItemFormat | null>(() => models.value?.pipeline.first.format ?? null);

const FILE_BYTES_MAX = 200e6;

// Drops the content when the pipeline changes, because another pipeline may take items of another kind or size.
effect(() => {
  if (!ownFormat.value) return;
  ownContent.value = notTaken.value = null;
  recording.peek()?.stop();
});

/** A sentence that asks the user for the missing part of the request; null if the request can run. */
export const missing = computed<string | null>(() => {
  const format = ownFormat.value;
  if (!format) return 'The pipeline is not loaded yet.';
  if (recording.value) return 'End the recording first.';
  if (format.kind === 'text' && ownText.value.trim() === '') return 'Type a text first.';
  if (format.kind === 'audio' && !ownContent.value) return 'Record or choose a sound first.';
  if (format.kind === 'pixels' && !ownContent.value) return 'Choose a picture first.';
  const empty = format.fields?.find((name) => !ownFields.value[name]?.trim());
  return empty === undefined ? null : `Type the ${empty} first.`;
});

/** Makes the request's item, once nothing is {@link missing}. Cuts texts that are too long. */
export function ownItem(): Item {
  const format = ownFormat.value!;
  const content =
    format.kind === 'text' ? textItem(ownText.value, contentBytesMax(format)) : ownContent.value!.content;
  const texts = (format.fields ?? []).map((name) => textItem(ownFields.value[name]!, FIELD_BYTES_MAX));
  return joinFields({ content, texts });
}

/** Takes a file of the user: a sound, a picture or a text, as the pipeline needs it. */
export const takeFile = (file: File): Promise<void> =>
  take(file.name, async (format) => {
    checkSize(file, FILE_BYTES_MAX);
    if (format.kind === 'text') {
      const mostBytes = contentBytesMax(format);
      ownText.value = await textStart(file, mostBytes);
      if (file.size > mostBytes)
        notTaken.value = `${file.name} was not taken whole: it has ${bytesText(file.size)}, and the stage takes the first ${bytesText(mostBytes)}.`;
      return null;
    }
    const content =
      format.kind === 'audio'
        ? await readSound(await bytesOf(file), format)
        : (await readPicture(file, format, fitOf(models.value!.pipeline.first))).item;
    return { name: file.name, content };
  });

/** Records a sound with the microphone until the recording is stopped, or is as long as the stage takes. */
export async function takeRecording(): Promise<void> {
  await take(null, async (format) => {
    if (format.kind !== 'audio') return null;
    taking.value = 'asking';
    const begun = await record(format.samplesMax / format.sampleRateHz);
    // The user may have chosen another pipeline while the browser asked for permission.
    if (format !== ownFormat.value) {
      begun.stop();
      return null;
    }
    taking.value = begun;
    const sound = await begun.sound;
    taking.value = 'reading';
    return { name: 'your recording', content: await readRecording(await bytesOf(sound), format) };
  });
}

const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer());

/**
 * Reads a file or recording of the user. On a failure, the page shows the error beside the input, and the previous content stays.
 * @param file name of the file, which the error states because another file's content may still be shown; null for a recording
 */
async function take(
  file: string | null,
  read: (format: ItemFormat) => Promise<OwnContent | null>,
): Promise<void> {
  const format = ownFormat.value!;
  taking.value = 'reading';
  notTaken.value = null;
  try {
    const content = await read(format);
    // The user may have chosen another pipeline meanwhile.
    if (content && format === ownFormat.value) ownContent.value = content;
  } catch (error) {
    notTaken.value = `${file ? `${file} was not taken. ` : ''}${message(error)}`;
  }
  taking.value = null;
}
