import type { Item } from '../items/item-batch.ts';
import { InvalidPackError } from './safetensors.ts';

/**
 * Splits a tensor that holds items or labels back to back.
 * @param ends for each part, the index of the value after its last one
 * @param part names a part in errors, e.g. `item`
 * @throws InvalidPackError
 */
export function splitParts(bytes: Item, ends: Int32Array, bytesPerValue: number, part: string): Item[] {
  let from = 0;
  const parts = Array.from(ends, (end, i) => {
    if (end < from)
      throw new InvalidPackError(`${part} ${i} ends at value ${end}, but begins at value ${from}`);
    const own = bytes.subarray(from * bytesPerValue, end * bytesPerValue);
    from = end;
    return own;
  });
  if (from * bytesPerValue !== bytes.length)
    throw new InvalidPackError(`its last ${part} ends at value ${from} of ${bytes.length / bytesPerValue}`);
  return parts;
}
