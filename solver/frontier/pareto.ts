/**
 * The rows of a table that no other is as good as in every column, smaller being better; of equal ones the first.
 * They come by rising first column, then by the second, and so on. Over `most` of them: undefined.
 */
export function paretoBest(
  table: Float64Array,
  width: number,
  rows: number,
  most: number,
): number[] | undefined {
  const order = Uint32Array.from({ length: rows }, (_, row) => row).sort((a, b) => {
    for (let c = 0; c < width; c++) {
      const difference = table[a * width + c]! - table[b * width + c]!;
      if (difference !== 0) return difference;
    }
    return a - b;
  });
  const noWorse = (a: number, b: number) => {
    for (let c = 1; c < width; c++) if (table[a * width + c]! > table[b * width + c]!) return false;
    return true;
  };
  const best: number[] = [];
  // The same rows; those that beat many come to the front, so that most others are soon beaten.
  const rivals: number[] = [];
  for (const row of order) {
    // In this order whatever beats a row comes before it, and is no worse in the first column.
    const by = rivals.findIndex((rival) => noWorse(rival, row));
    if (by < 0) {
      if (best.push(row) > most) return undefined;
      rivals.push(row);
    } else {
      const nearer = by >> 1;
      [rivals[by], rivals[nearer]] = [rivals[nearer]!, rivals[by]!];
    }
  }
  return best;
}
