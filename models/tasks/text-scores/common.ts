/** Number of strings that two lists share, each counted as often as it occurs in both. */
export function commonCount(a: Iterable<string>, b: Iterable<string>): number {
  const left = new Map<string, number>();
  for (const value of b) left.set(value, (left.get(value) ?? 0) + 1);
  let common = 0;
  for (const value of a) {
    const count = left.get(value) ?? 0;
    if (count === 0) continue;
    left.set(value, count - 1);
    common++;
  }
  return common;
}
