import type { Backend } from '../../solver/documents/common.ts';
import type { MeasuredCell } from '../../solver/documents/profile.ts';
import { median } from '../../solver/math/statistics.ts';
import type { RunBatch } from './measure.ts';

/** The reference cell is run again after this many cells. */
const CHECK_EVERY_CELLS = 8;
const RUNS = 3;
/** The machine counts as drifted if the reference cell's median latency differs by more than this share. */
const DRIFT_SHARE = 0.25;

/** The reference cell of a worker: the first cell that was measured there. */
interface Reference {
  readonly run: RunBatch;
  readonly p50: number;
  cells: number;
  drifted: boolean;
}

/** Detects that the machine becomes slower or faster: it runs one reference cell of each worker again from time to time. */
export class DriftWatch {
  readonly #references = new Map<string, Reference>();

  /** Whether the machine has drifted since a worker's reference cell was measured. The worker's first cell becomes its reference. */
  async drifted(backend: Backend, threads: number, run: RunBatch, cell: MeasuredCell): Promise<boolean> {
    const id = `${backend}/${threads}`;
    const reference = this.#references.get(id);
    if (!reference) {
      this.#references.set(id, { run, p50: cell.latencyMs.p50, cells: 0, drifted: false });
      return false;
    }
    if (++reference.cells % CHECK_EVERY_CELLS === 0) {
      const times: number[] = [];
      try {
        for (let i = 0; i < RUNS; i++) {
          const { inferenceMs, handlingMs } = await reference.run();
          times.push(inferenceMs + handlingMs);
        }
      } catch {
        // The reference's worker was replaced, so the next cell becomes the reference.
        this.#references.delete(id);
        return false;
      }
      reference.drifted = Math.abs(median(times) / reference.p50 - 1) > DRIFT_SHARE;
    }
    return reference.drifted;
  }
}
