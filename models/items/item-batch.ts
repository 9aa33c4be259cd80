import { sum } from '../../solver/math/statistics.ts';

/** The bytes of one item. `ItemFormat` defines what the bytes of each kind of item mean. */
export type Item = Uint8Array<ArrayBuffer>;

/**
 * Items of one stage, back to back in one buffer. A batch is plain data with a single buffer to transfer, so it can be sent to
 * a worker whatever the kind and lengths of its items.
 */
export interface ItemBatch {
  /** Length of each item in bytes, in order. */
  readonly lengths: readonly number[];
  readonly bytes: Item;
}

/** Copies items into one batch. */
export function batchOf(items: readonly Uint8Array[]): ItemBatch {
  const lengths = items.map((item) => item.length);
  const bytes = new Uint8Array(sum(lengths));
  let offset = 0;
  for (const item of items) {
    bytes.set(item, offset);
    offset += item.length;
  }
  return { lengths, bytes };
}

/** The items of a batch, as views of its buffer. @param most the largest number of items to return; if absent, all */
export function itemsOf({ lengths, bytes }: ItemBatch, most = lengths.length): Item[] {
  let offset = 0;
  return lengths.slice(0, most).map((length) => {
    offset += length;
    return bytes.subarray(offset - length, offset);
  });
}

/** Splits values into consecutive groups: the first `counts[0]` values, the next `counts[1]`, and so on. */
export function inGroups<T>(values: readonly T[], counts: readonly number[]): T[][] {
  let from = 0;
  return counts.map((count) => {
    from += count;
    return values.slice(from - count, from);
  });
}

/** Makes a batch of `count` items from index `from` on; after the last item the first one follows again. */
export const takeInTurn = (items: readonly Item[], from: number, count: number): ItemBatch =>
  batchOf(Array.from({ length: count }, (_, i) => items[(from + i) % items.length]!));
