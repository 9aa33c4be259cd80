import { accuracyOf } from '../documents/profile.ts';
import type { CellFacts } from './cell-facts.ts';

/** A standby takes at most this fraction of the planned variant's time for a batch, if any variant is that fast. */
const HALF = 0.5;
/** A variant that takes more than this fraction of the planned variant's time saves too little to be worth a standby's memory. */
const TIME_SHARE_MAX = 0.8;

/**
 * Chooses the variant that stands by to run a cell's batches in a burst: the most accurate one that takes half the time or less,
 * otherwise the fastest; undefined if no variant takes a fifth less time. The standby has the cell's backend, threads and batch,
 * because it shares the cell's worker.
 * @param cells the cells of the stage
 */
export function standbyFor({ cell, meanMs }: CellFacts, cells: readonly CellFacts[]): CellFacts | undefined {
  const { backend, threads, batch } = cell;
  const faster = cells.filter(
    (other) =>
      other.cell.backend === backend &&
      other.cell.threads === threads &&
      other.cell.batch === batch &&
      // A coarse clock may measure 0 ms for all variants, and then none is faster.
      other.meanMs < meanMs &&
      other.meanMs <= TIME_SHARE_MAX * meanMs,
  );
  const fast = faster.filter((other) => other.meanMs <= HALF * meanMs);
  const accuracy = ({ variant }: CellFacts) => accuracyOf(variant) ?? 0;
  return fast.length > 0
    ? first(fast, (a, b) => accuracy(b) - accuracy(a) || a.meanMs - b.meanMs)
    : first(faster, (a, b) => a.meanMs - b.meanMs);
}

const first = <T>(all: readonly T[], order: (a: T, b: T) => number): T | undefined => [...all].sort(order)[0];
