import { accuracyOf } from '../documents/profile.ts';
import type { CellFacts } from './cell-facts.ts';

/** A standby runs a batch in at most this part of the planned variant's time, if a variant does. */
const HALF = 0.5;
/** With less to gain than a fifth of the time, the memory of a standby is wasted. */
const TIME_SHARE_MOST = 0.8;

/**
 * The variant that is ready to run a cell's batches in a burst: the most accurate one that takes half the time or less, otherwise
 * the fastest; undefined if none is a fifth faster. It has the cell's backend, threads and batch, because it shares the worker.
 * @param cells the cells of the stage
 */
export function standbyFor({ cell, meanMs }: CellFacts, cells: readonly CellFacts[]): CellFacts | undefined {
  const { backend, threads, batch } = cell;
  const faster = cells.filter(
    (other) =>
      other.cell.backend === backend &&
      other.cell.threads === threads &&
      other.cell.batch === batch &&
      other.meanMs <= TIME_SHARE_MOST * meanMs,
  );
  const fast = faster.filter((other) => other.meanMs <= HALF * meanMs);
  const accuracy = ({ variant }: CellFacts) => accuracyOf(variant) ?? 0;
  return fast.length > 0
    ? first(fast, (a, b) => accuracy(b) - accuracy(a) || a.meanMs - b.meanMs)
    : first(faster, (a, b) => a.meanMs - b.meanMs);
}

const first = <T>(all: readonly T[], order: (a: T, b: T) => number): T | undefined => [...all].sort(order)[0];
