import type { Backend } from '../../solver/documents/common.ts';
import type { MeasuredCell } from '../../solver/documents/profile.ts';
import { median } from '../../solver/math/statistics.ts';
import type { RunBatch } from './measure.ts';

/** Cells between two looks at the reference cell. */
const EVERY = 8;
const RUNS = 3;
/** The reference cell has moved when its median differs by more than this share. */
const MOVED = 0.25;

interface Watched {
  readonly run: RunBatch;
  readonly p50: number;
  cells: number;
  moved: boolean;
}

/** Repeats one cell of each worker now and then: what it takes longer (or less) is the machine's doing, not the cell's. */
export class DriftWatch {
  readonly #watched = new Map<string, Watched>();

  /** Tells whether the machine had drifted when this cell was measured. The first cell of a worker becomes its reference. */
  async moved(backend: Backend, threads: number, run: RunBatch, cell: MeasuredCell): Promise<boolean> {
    const id = `${backend}/${threads}`;
    const watched = this.#watched.get(id);
    if (!watched) {
      this.#watched.set(id, { run, p50: cell.latencyMs.p50, cells: 0, moved: false });
      return false;
    }
    if (++watched.cells % EVERY === 0) {
      const times: number[] = [];
      try {
        for (let i = 0; i < RUNS; i++) {
          const { inferenceMs, handlingMs } = await watched.run();
          times.push(inferenceMs + handlingMs);
        }
      } catch {
        // Its worker was replaced: start again from the next cell.
        this.#watched.delete(id);
        return false;
      }
      watched.moved = Math.abs(median(times) / watched.p50 - 1) > MOVED;
    }
    return watched.moved;
  }
}
