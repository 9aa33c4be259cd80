/**
 * The time of a batch of `items` by those of measured sizes, which rise: linear between two of them. Below the
 * first it is the first's, for a smaller batch takes no longer. Above the last it goes on as between the last
 * two, but never falls; where only one size is known, in proportion.
 */
export function interpolate(sizes: readonly number[], times: ArrayLike<number>, items: number): number {
  const last = sizes.length - 1;
  if (items <= sizes[0]!) return times[0]!;
  if (last === 0) return (times[0]! * items) / sizes[0]!;
  let upper = 1;
  while (upper < last && sizes[upper]! < items) upper++;
  const [x0, x1] = [sizes[upper - 1]!, sizes[upper]!];
  const [y0, y1] = [times[upper - 1]!, times[upper]!];
  if (items > x1) return y1 + Math.max(0, (y1 - y0) / (x1 - x0)) * (items - x1);
  return y0 + ((y1 - y0) * (items - x0)) / (x1 - x0);
}
