import type { SizeUnit } from '../../solver/documents/profile.ts';
import type { Item } from './item-batch.ts';

/** The kind of a stage's items, and how large an item may be. */
export type ItemFormat =
  /** An image: uint8 [channels, height, width], planes one after the other. */
  | { readonly kind: 'pixels'; readonly channels: number; readonly height: number; readonly width: number }
  /** A recording: float32 samples from −1 to 1, little-endian. */
  | { readonly kind: 'audio'; readonly sampleRateHz: number; readonly samplesMax: number }
  /** A text in UTF-8. */
  | { readonly kind: 'text'; readonly bytesMax: number };

export type ItemKind = ItemFormat['kind'];
export type ItemFormatOf<K extends ItemKind> = Extract<ItemFormat, { kind: K }>;

const BYTES_PER_SAMPLE = 4;

/** Length of the largest item, in bytes. */
export const bytesMaxOf = (format: ItemFormat): number =>
  format.kind === 'pixels'
    ? format.channels * format.height * format.width
    : format.kind === 'audio'
      ? format.samplesMax * BYTES_PER_SAMPLE
      : format.bytesMax;

/** A stage was given an item that is not in the stage's format. */
export class ItemFormatError extends Error {
  override name = 'ItemFormatError';
  constructor(stage: string, expected: string, found: string) {
    super(
      `An item of stage "${stage}" should be ${expected}, but is ${found}. Give items as the manifest's stage states.`,
    );
  }
}

/** A format in words for messages, e.g. `pixels [1, 128, 128]`. */
export function formatText(format: ItemFormat): string {
  if (format.kind === 'pixels') return `pixels [${format.channels}, ${format.height}, ${format.width}]`;
  if (format.kind === 'audio')
    return `audio of at most ${format.samplesMax} samples at ${format.sampleRateHz} Hz`;
  return `text of at most ${format.bytesMax} bytes`;
}

/** Whether an item has a length that the format allows. */
export function fits(format: ItemFormat, { length }: Item): boolean {
  const most = bytesMaxOf(format);
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

/**
 * Size of an item in the unit of its kind: pixels of one plane, seconds of audio, bytes of text. Sizes are proportional to
 * bytes, so the bytes of several items have the sum of the items' sizes.
 */
export function sizeOf(format: ItemFormat, { length }: Pick<Item, 'length'>): number {
  if (format.kind === 'pixels') return length / format.channels;
  if (format.kind === 'audio') return length / BYTES_PER_SAMPLE / format.sampleRateHz;
  return length;
}

/** An item of the largest size without content (black, silence, or spaces), to warm sessions up without a labelled pack. */
export function blankItem(format: ItemFormat): Item {
  const item = new Uint8Array(bytesMaxOf(format));
  return format.kind === 'text' ? item.fill(' '.charCodeAt(0)) : item;
}

/** The noun for an item of each kind, for sentences. */
export const ITEM_NOUNS: Readonly<Record<ItemKind, { readonly one: string; readonly many: string }>> = {
  pixels: { one: 'image', many: 'images' },
  audio: { one: 'recording', many: 'recordings' },
  text: { one: 'text', many: 'texts' },
};
