import type { Item } from './item-batch.ts';

/** Longest text that a stage accepts, in bytes. */
export const TEXT_BYTES_MAX = 64 * 1024;

/** A text as an item. Of a text that is too long, whole characters are left out at its end. */
export function textItem(text: string, bytesMax: number): Item {
  const bytes = new Uint8Array(bytesMax);
  const { written } = new TextEncoder().encodeInto(text, bytes);
  return bytes.slice(0, written);
}
