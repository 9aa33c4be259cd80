import type { Backend } from '../../solver/documents/common.ts';
import { median } from '../../solver/math/statistics.ts';
import { latencyOf, type RunBatch, type Sample } from './measure.ts';

/** The reference cell is run again after this many cells. */
const CHECK_EVERY_CELLS = 8;
/** Number of the reference cell's batches that are run again. */
const BATCHES = 5;
/** The machine counts as drifted if the median ratio of the new to the first latencies of these batches is this far from 1. */
const DRIFT_SHARE = 0.25;

/** The reference cell of a worker: the first cell that was measured there. */
interface Reference {
  /** Returns a function that runs the cell's batches again, in order. */
  readonly again: () => Promise<RunBatch>;
  readonly latenciesMs: readonly number[];
  cells: number;
  drifted: boolean;
}

/** Detects that the machine becomes slower or faster: it runs batches of one cell of each worker again from time to time. */
export class DriftWatch {
  readonly #references = new Map<string, Reference>();

  /**
   * Whether the machine has drifted since a worker's reference cell was measured. The worker's first cell becomes its reference.
   * @param samples samples of the cell that was just measured
   * @param again makes a function that runs the same batches again, in the same order
   */
  async drifted(
    backend: Backend,
    threads: number,
    samples: readonly Sample[],
    again: () => Promise<RunBatch>,
  ): Promise<boolean> {
    const id = `${backend}/${threads}`;
    const reference = this.#references.get(id);
    if (!reference) {
      const latenciesMs = samples.slice(0, BATCHES).map(latencyOf);
      this.#references.set(id, { again, latenciesMs, cells: 0, drifted: false });
      return false;
    }
    if (++reference.cells % CHECK_EVERY_CELLS === 0) {
      const ratios: number[] = [];
      try {
        const run = await reference.again();
        for (const beforeMs of reference.latenciesMs) {
          const nowMs = latencyOf(await run());
          // A coarse clock may have measured 0 ms, which no time can be compared with.
          if (beforeMs > 0) ratios.push(nowMs / beforeMs);
        }
      } catch {
        // The reference cannot be run any more, so the next cell becomes the reference.
        this.#references.delete(id);
        return false;
      }
      reference.drifted = ratios.length > 0 && Math.abs(median(ratios) - 1) > DRIFT_SHARE;
    }
    return reference.drifted;
  }
}
