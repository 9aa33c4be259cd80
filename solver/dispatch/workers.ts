import { DuplicateWorkerError, UnknownRowError, UnknownWorkerError } from './errors.ts';
import type { Entry } from './queue.ts';
import type { DispatchWorker } from './types.ts';

export interface WorkerState {
  readonly id: string;
  /** For each row, whether the worker holds it. */
  readonly holds: readonly boolean[];
  /** The batch that the worker runs now. */
  batch: BatchState | null;
  /** The batch that the worker was handed in advance, to run next. */
  ahead: BatchState | null;
  retired: boolean;
  /**
   * Id of the worker's latest batch; −1 before its first. Ids rise, so the worker with the lowest id here was used least
   * recently.
   */
  lastBatch: number;
}

export interface BatchState {
  readonly id: number;
  readonly row: number;
  readonly worker: WorkerState;
  readonly entries: readonly Entry[];
  /** Time at which the worker began the batch; infinity while the worker still runs another one. */
  startMs: number;
}

/** Rows that share workers, directly or by way of other rows. These workers hold no other rows. */
export interface Sharing {
  readonly rows: readonly number[];
  /** Number of workers that hold these rows; 0 for a row that no worker holds, e.g. while the executor replaces all of them. */
  readonly workers: number;
}

/** All workers, and which of them may take the next batch of a row. */
export class Workers {
  readonly #workers = new Map<string, WorkerState>();
  #sharing: readonly Sharing[] | undefined;

  constructor(private readonly rows: number) {}

  /** @throws DuplicateWorkerError, UnknownRowError */
  add({ id, rows }: DispatchWorker): WorkerState {
    if (this.#workers.has(id)) throw new DuplicateWorkerError(id);
    const holds = Array.from({ length: this.rows }, () => false);
    for (const row of rows) {
      if (holds[row] === undefined) throw new UnknownRowError(id, row);
      holds[row] = true;
    }
    const worker: WorkerState = { id, holds, batch: null, ahead: null, retired: false, lastBatch: -1 };
    this.#workers.set(id, worker);
    this.#sharing = undefined;
    return worker;
  }

  /** @throws UnknownWorkerError */
  known(id: string): WorkerState {
    const worker = this.#workers.get(id);
    if (worker === undefined) throw new UnknownWorkerError(id);
    return worker;
  }

  remove({ id }: WorkerState): void {
    this.#workers.delete(id);
    this.#sharing = undefined;
  }

  /** Gives the worker no more batches. */
  retire(worker: WorkerState): void {
    worker.retired = true;
    this.#sharing = undefined;
    if (worker.batch === null) this.remove(worker);
  }

  /** The rows in groups that share workers. Each row is in one group. */
  sharing(): readonly Sharing[] {
    this.#sharing ??= this.#groups();
    return this.#sharing;
  }

  /** The idle worker that holds a row and was used least recently. */
  idleHolder(row: number): WorkerState | undefined {
    let found: WorkerState | undefined;
    for (const worker of this.#workers.values())
      if (worker.batch === null && worker.holds[row] && (!found || worker.lastBatch < found.lastBatch))
        found = worker;
    return found;
  }

  /** The only worker that holds a row; undefined if none or several hold it. */
  soleHolder(row: number): WorkerState | undefined {
    let found: WorkerState | undefined;
    for (const worker of this.#workers.values()) {
      if (worker.retired || !worker.holds[row]) continue;
      if (found) return undefined;
      found = worker;
    }
    return found;
  }

  #groups(): Sharing[] {
    const serving = [...this.#workers.values()].filter(({ retired }) => !retired);
    let groups = Array.from({ length: this.rows }, (_, row) => ({ rows: [row], workers: 0 }));
    for (const { holds } of serving) {
      const shares = ({ rows }: Sharing) => rows.some((row) => holds[row]);
      const joined = groups.filter(shares);
      groups = groups.filter((group) => !shares(group));
      groups.push({
        rows: joined.flatMap(({ rows }) => rows),
        workers: 1 + joined.reduce((sum, { workers }) => sum + workers, 0),
      });
    }
    return groups;
  }
}
