/**
 * The indices of the Pareto-best rows of a table: those for which no other row is smaller or equal in every column. Of equal rows
 * the first counts. The indices are in the order of their rows by the first column, then by the second, and so on.
 * @param table the rows, one after the other
 * @param width number of columns
 * @param rows number of rows
 * @param most the search ends once more than this many are found
 */
export function paretoBest(
  table: Float64Array,
  width: number,
  rows: number,
  most = Number.POSITIVE_INFINITY,
): number[] {
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
  // The rows of `best` in another order: rows that beat many others move to the front, so that most rows are beaten after few
  // comparisons.
  const rivals: number[] = [];
  for (const row of order) {
    // A row comes after every row that beats it, so the first column needs no comparison.
    const by = rivals.findIndex((rival) => noWorse(rival, row));
    if (by < 0) {
      if (best.push(row) > most) break;
      rivals.push(row);
    } else {
      const nearer = by >> 1;
      [rivals[by], rivals[nearer]] = [rivals[nearer]!, rivals[by]!];
    }
  }
  return best;
}

/** The choices that no other beats in both cost and accuracy, by rising cost. */
export const bestForCost = <T extends { readonly cost: number }>(
  choices: readonly T[],
  accuracyOf: (choice: T) => number,
): T[] => {
  const keys = choices.flatMap((choice) => [choice.cost, -accuracyOf(choice)]);
  return paretoBest(Float64Array.from(keys), 2, choices.length).map((row) => choices[row]!);
};
