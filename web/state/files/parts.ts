/**
 * Divides items, in order, into parts of at most `mostBytes` each. A larger item is a part by itself. Without items there is one
 * empty part.
 */
export function partsWithin<T>(items: readonly T[], bytesOf: (item: T) => number, mostBytes: number): T[][] {
  let part: T[] = [];
  const parts = [part];
  let bytes = 0;
  for (const item of items) {
    const own = bytesOf(item);
    if (part.length > 0 && bytes + own > mostBytes) {
      part = [];
      parts.push(part);
      bytes = 0;
    }
    part.push(item);
    bytes += own;
  }
  return parts;
}
