import type { SizeUnit } from '../../solver/documents/profile.ts';
import { type Fields, fieldBytesMax, joinFields, splitFields, trySplitFields } from './fields.ts';
import type { Item } from './item-batch.ts';

/** The kind of a stage's items, how large an item may be, and which texts come with each item. */
export type ItemFormat = Content & Fields;

type Content =
  /** A picture: uint8 [channels, height, width], planes one after the other. */
  | { readonly kind: 'pixels'; readonly channels: number; readonly height: number; readonly width: number }
  /** A recording: float32 samples from −1 to 1, little-endian. */
  | { readonly kind: 'audio'; readonly sampleRateHz: number; readonly samplesMax: number }
  /** A text in UTF-8. */
  | { readonly kind: 'text'; readonly bytesMax: number };

export type ItemKind = Content['kind'];
export type ItemFormatOf<K extends ItemKind> = Extract<ItemFormat, { kind: K }>;

const BYTES_PER_SAMPLE = 4;

/** Length of the largest item, in bytes. */
export const bytesMaxOf = (format: ItemFormat): number => contentBytesMax(format) + fieldBytesMax(format);

/** Length of the largest item without its fields, in bytes. */
export const contentBytesMax = (format: ItemFormat): number =>
  format.kind === 'pixels'
    ? format.channels * format.height * format.width
    : format.kind === 'audio'
      ? format.samplesMax * BYTES_PER_SAMPLE
      : format.bytesMax;

/** A stage got an item that is not in the stage's format. */
export class ItemFormatError extends Error {
  override name = 'ItemFormatError';
  constructor(stage: string, expected: string, found: string) {
    super(
      `An item of stage "${stage}" should be ${expected}, but is ${found}. Give items as the manifest's stage states.`,
    );
  }
}

/** A format in words for messages, e.g. `pixels [1, 128, 128]`. */
export const formatText = (format: ItemFormat): string =>
  [contentText(format), ...(format.fields ?? []).map((name) => `a ${name}`)].join(' with ');

function contentText(format: ItemFormat): string {
  if (format.kind === 'pixels') return `pixels [${format.channels}, ${format.height}, ${format.width}]`;
  if (format.kind === 'audio')
    return `audio of 1 to ${format.samplesMax} float32 samples at ${format.sampleRateHz} Hz`;
  return `text of at most ${format.bytesMax} bytes`;
}

/** Whether an item has a length that the format allows. */
export function fits(format: ItemFormat, item: Item): boolean {
  const parts = trySplitFields(format, item);
  if (!parts) return false;
  const { length } = parts.content;
  const most = contentBytesMax(format);
  if (format.kind === 'pixels') return length === most;
  if (format.kind === 'audio') return length > 0 && length <= most && length % BYTES_PER_SAMPLE === 0;
  return length <= most;
}

/** @throws ItemFormatError */
export function checkItem(stage: string, format: ItemFormat, item: Item): void {
  if (!fits(format, item)) throw new ItemFormatError(stage, formatText(format), `${item.length} bytes`);
}

/** The unit of {@link sizeOf} for each kind of item. */
export const SIZE_UNITS: Readonly<Record<ItemKind, SizeUnit>> = {
  pixels: 'pixels',
  audio: 'seconds',
  text: 'bytes',
};

/** Size of an item in the unit of its kind: pixels of one plane, seconds of audio, bytes of text. */
export function sizeOf(format: ItemFormat, item: Item): number {
  const { length } = splitFields(format, item).content;
  if (format.kind === 'pixels') return length / format.channels;
  if (format.kind === 'audio') return length / BYTES_PER_SAMPLE / format.sampleRateHz;
  return length;
}

/** An item of the largest size with blank content (black, silence, or spaces), to check that a model runs. */
export function blankItem(format: ItemFormat): Item {
  const space = ' '.charCodeAt(0);
  const content = new Uint8Array(contentBytesMax(format));
  if (format.kind === 'text') content.fill(space);
  return joinFields({ content, texts: (format.fields ?? []).map(() => Uint8Array.of(space)) });
}

/** The noun for an item of each kind, for sentences. */
export const ITEM_NOUNS: Readonly<Record<ItemKind, { readonly one: string; readonly many: string }>> = {
  pixels: { one: 'picture', many: 'pictures' },
  audio: { one: 'recording', many: 'recordings' },
  text: { one: 'text', many: 'texts' },
};
