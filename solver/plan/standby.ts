import { accuracyOf } from '../documents/profile.ts';
import type { CellFacts } from './stage-facts.ts';

/** A standby runs a batch in at most this part of the planned variant's time: with less to gain, its memory is wasted. */
const TIME_SHARE_MOST = 0.5;

/**
 * The most accurate variant that is ready to run a cell's batches in a burst; undefined if no variant is fast enough. It has the
 * cell's backend, threads and batch, because it shares the worker.
 * @param cells the cells of the stage
 */
export function standbyFor({ cell, meanMs }: CellFacts, cells: readonly CellFacts[]): CellFacts | undefined {
  const { backend, threads, batch } = cell;
  const accuracy = (facts: CellFacts) => accuracyOf(facts.variant) ?? 0;
  let best: CellFacts | undefined;
  for (const other of cells) {
    const fits =
      other.cell.backend === backend && other.cell.threads === threads && other.cell.batch === batch;
    if (!fits || other.meanMs > TIME_SHARE_MOST * meanMs) continue;
    const isBetter = !best || accuracy(other) > accuracy(best);
    if (isBetter || (accuracy(other) === accuracy(best!) && other.meanMs < best!.meanMs)) best = other;
  }
  return best;
}
