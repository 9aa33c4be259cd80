/**
 * The Pareto-best rows of a table: no other row is smaller or equal in every column. Of equal rows the first counts. Rows come
 * by rising first column, then second, and so on. Undefined where there are over `most`.
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
  // The rows of `best`. Those that beat many rows move to the front, so that most other rows are beaten early.
  const rivals: number[] = [];
  for (const row of order) {
    // In this order a row comes after every row that beats it, so the first column needs no comparison.
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
