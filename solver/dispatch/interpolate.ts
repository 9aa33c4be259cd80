/**
 * The time of a batch of `items` by those of known sizes (`sizes` rise, `timeMs` by index): linear between two of them. Below the first
 * it is the first's, for a smaller batch takes no longer. Above the last it goes on as between the last two, but
 * never falls; where only one size is known, in proportion.
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
  if (items === x1) return y1;
  const slope = (y1 - timeMs(upper - 1)) / (x1 - sizes[upper - 1]!);
  return y1 + (items > x1 ? Math.max(0, slope) : slope) * (items - x1);
}
