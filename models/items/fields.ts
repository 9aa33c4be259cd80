import { sum } from '../../solver/math/statistics.ts';
import { batchOf, type Item } from './item-batch.ts';

/**
 * Fields are texts that come with an item, e.g. a question about it. They follow the item's content: each text in UTF-8, then the
 * length of each text in bytes as uint32, little-endian.
 */

/** The part of an item's format that says which fields come with the item. */
export interface Fields {
  /** Names of the fields that follow an item's content, e.g. `question`; absent if there are none. */
  readonly fields?: readonly string[];
}

const LENGTH_BYTES = 4;

/** Longest text of a field, in bytes. */
export const FIELD_BYTES_MAX = 16 * 1024;

/** Maximum number of bytes that the fields of a format add to an item. */
export const fieldBytesMax = ({ fields = [] }: Fields): number =>
  fields.length * (FIELD_BYTES_MAX + LENGTH_BYTES);

/** An item without its fields (`content`), and the texts of the fields, in the order of the format. */
interface ItemParts {
  readonly content: Item;
  readonly texts: readonly Item[];
}

/** Joins an item's content with the texts of its fields. */
export function joinFields({ content, texts }: ItemParts): Item {
  if (texts.length === 0) return content;
  const lengths = new DataView(new ArrayBuffer(texts.length * LENGTH_BYTES));
  texts.forEach(({ length }, i) => {
    lengths.setUint32(i * LENGTH_BYTES, length, true);
  });
  return batchOf([content, ...texts, new Uint8Array(lengths.buffer)]).bytes;
}

/** Splits an item into views of its bytes; null if the bytes do not hold the format's fields. */
export function trySplitFields({ fields = [] }: Fields, item: Item): ItemParts | null {
  if (fields.length === 0) return { content: item, texts: [] };
  const end = item.length - fields.length * LENGTH_BYTES;
  if (end < 0) return null;
  const view = new DataView(item.buffer, item.byteOffset + end);
  const lengths = fields.map((_, i) => view.getUint32(i * LENGTH_BYTES, true));
  const contentLength = end - sum(lengths);
  if (contentLength < 0 || lengths.some((length) => length > FIELD_BYTES_MAX)) return null;
  let from = contentLength;
  const texts = lengths.map((length) => {
    from += length;
    return item.subarray(from - length, from);
  });
  return { content: item.subarray(0, contentLength), texts };
}

/** Splits an item that is known to be in its format into views of its bytes. */
export const splitFields = (format: Fields, item: Item): ItemParts => trySplitFields(format, item)!;

/** Converts an item of format `from` to format `to`, whose fields are among those of `from`. */
export function keepFields(from: Fields, to: Fields, item: Item): Item {
  const all = from.fields ?? [];
  const kept = to.fields ?? [];
  if (all.length === kept.length) return item;
  const { content, texts } = splitFields(from, item);
  return joinFields({ content, texts: kept.map((name) => texts[all.indexOf(name)]!) });
}
