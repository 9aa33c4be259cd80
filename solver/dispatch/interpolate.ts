/**
 * The time of a batch of `items`, interpolated from the times of known batch sizes. Between two sizes the time is linear. Below
 * the first size, it is the time of the first size, because a smaller batch takes no longer. Above the last size, the line
 * through the last two continues, but never falls; with only one known size, the time is proportional to the items.
 * @param sizes the known batch sizes, rising
 * @param timeMs time of the size at an index
 */
export function interpolate(
  sizes: readonly number[],
  timeMs: (index: number) => number,
  items: number,
): number {
  const last = sizes.length - 1;
  if (items <= sizes[0]!) return timeMs(0);
  if (last === 0) return (timeMs(0) * items) / sizes[0]!;
  let upper = 1;
  while (upper < last && sizes[upper]! < items) upper++;
  const x1 = sizes[upper]!;
  const y1 = timeMs(upper);
  const slope = (y1 - timeMs(upper - 1)) / (x1 - sizes[upper - 1]!);
  return y1 + (items > x1 ? Math.max(0, slope) : slope) * (items - x1);
}
