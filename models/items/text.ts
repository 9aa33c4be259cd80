import type { Item } from './item-batch.ts';
import type { ItemFormatOf } from './item-format.ts';

/** Longest text that a stage accepts, in bytes. */
export const TEXT_BYTES_MAX = 64 * 1024;

/** The format of texts that come without fields. */
export const TEXT_FORMAT: ItemFormatOf<'text'> = { kind: 'text', bytesMax: TEXT_BYTES_MAX };

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export const textOf = (item: Item): string => decoder.decode(item);

/** Encodes a text as an item. If the text is too long, cuts it at its end, between two characters. */
export function textItem(text: string, bytesMax: number): Item {
  const whole = encoder.encode(text);
  if (whole.length <= bytesMax) return whole;
  const bytes = new Uint8Array(bytesMax);
  return bytes.subarray(0, encoder.encodeInto(text, bytes).written);
}
