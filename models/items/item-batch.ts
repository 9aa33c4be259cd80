/** The bytes of one item; what they mean is the item kind's (see `item-format.ts`). */
export type Item = Uint8Array<ArrayBuffer>;

/**
 * Items of one stage, back to back. Plain data, so that a batch is its own form on the way to a worker: one buffer to
 * transfer, whatever the kind and however the items differ in length.
 */
export interface ItemBatch {
  /** Bytes of each item, in order. */
  readonly lengths: readonly number[];
  readonly bytes: Item;
}

/** A batch of these items, copied. */
export function batchOf(items: readonly Item[]): ItemBatch {
  const lengths = items.map((item) => item.length);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let offset = 0;
  for (const item of items) {
    bytes.set(item, offset);
    offset += item.length;
  }
  return { lengths, bytes };
}

/** The items of a batch, the first `most` only where that is given: views, not copies. */
export function itemsOf({ lengths, bytes }: ItemBatch, most = lengths.length): Item[] {
  let offset = 0;
  return lengths.slice(0, most).map((length) => {
    offset += length;
    return bytes.subarray(offset - length, offset);
  });
}

/** The first `counts[0]` values, then the next `counts[1]`, and so on. */
export function inGroups<T>(values: readonly T[], counts: readonly number[]): T[][] {
  let from = 0;
  return counts.map((count) => {
    from += count;
    return values.slice(from - count, from);
  });
}

/** `count` items taken in turn from place `from` on, from the first one again after the last. */
export const takeInTurn = (items: readonly Item[], from: number, count: number): ItemBatch =>
  batchOf(Array.from({ length: count }, (_, i) => items[(from + i) % items.length]!));
