import type { Item } from '../dispatch/types.ts';
import type { ServiceModel } from './service.ts';

/** A batch that a worker runs now or will run next. */
export interface RunningBatch {
  readonly batch: number;
  /** Index of the row whose variant runs the batch. */
  readonly row: number;
  readonly worker: string;
  readonly items: readonly Item[];
  /** The time at which the serving thread begins to hand out the batch. */
  readonly handedMs: number;
  /**
   * The time of the batch in a worker that is idle when it gets the batch: with the delay that a batch beside it causes, without
   * `slowDown`.
   */
  readonly aloneMs: number;
  /**
   * The part of `aloneMs` that passes while the worker still runs the batch before, if the dispatch handed out this batch early
   * enough.
   */
  readonly overlapMs: number;
  startMs: number;
  /** Expected end of the batch. It moves when another batch that slows it starts or ends. */
  endMs: number;
  /** How many times slower than in `aloneMs` the batch runs now, because of the batches beside it. */
  slowDown: number;
}

/** A batch when it is handed out. */
export type HandedBatch = Omit<RunningBatch, 'startMs' | 'endMs' | 'slowDown'>;

/** The batches of all workers; each worker runs one at a time. Batches that run at the same time may slow each other. */
export class RunningBatches {
  /** The batch that each worker runs now, by the worker's id. */
  readonly #now = new Map<string, RunningBatch>();
  /** The batch that each worker will run next, by the worker's id. */
  readonly #ahead = new Map<string, RunningBatch>();

  /** All batches, including those that wait for their worker. */
  get all(): RunningBatch[] {
    return [...this.#now.values(), ...this.#ahead.values()];
  }

  /** The row of each batch that runs now. */
  get rows(): number[] {
    const rows: number[] = [];
    for (const { row } of this.#now.values()) rows.push(row);
    return rows;
  }

  runs(worker: string): boolean {
    return this.#now.has(worker);
  }

  /** The running batch that ends first. */
  next(): RunningBatch | undefined {
    let first: RunningBatch | undefined;
    for (const batch of this.#now.values())
      if (!first || batch.endMs < first.endMs || (batch.endMs === first.endMs && batch.batch < first.batch))
        first = batch;
    return first;
  }

  /** Starts a batch, or queues it behind the batch that its worker runs. */
  start(handed: HandedBatch, service: ServiceModel): RunningBatch {
    const { batch: id, row, worker, items, handedMs, aloneMs, overlapMs } = handed;
    // V8 copies an object with a spread several times more slowly than field by field, and `start` runs for each simulated batch.
    const batch: RunningBatch = {
      batch: id,
      row,
      worker,
      items,
      handedMs,
      aloneMs,
      overlapMs,
      startMs: handedMs,
      endMs: handedMs + aloneMs,
      slowDown: 1,
    };
    const before = this.#now.get(worker);
    if (before) {
      this.#ahead.set(worker, batch);
      this.#follow(batch, before.endMs);
    } else this.#run(batch, service);
    return batch;
  }

  /** Ends a batch. Its worker then starts the batch that is queued for it, if there is one. */
  end({ worker, endMs }: RunningBatch, service: ServiceModel): void {
    this.#now.delete(worker);
    const next = this.#ahead.get(worker);
    this.#ahead.delete(worker);
    if (next) {
      this.#follow(next, endMs);
      this.#run(next, service);
    } else this.#setPace(endMs, service);
  }

  /** The row of each batch that another worker runs at this time. */
  beside(worker: string, nowMs: number): number[] {
    const rows: number[] = [];
    for (const [id, { row, endMs }] of this.#now)
      if (id !== worker && (endMs > nowMs || this.#ahead.has(id))) rows.push(row);
    return rows;
  }

  /** Lets a batch start when the batch before ends. */
  #follow(batch: RunningBatch, startMs: number): void {
    const { handedMs, aloneMs, overlapMs } = batch;
    batch.startMs = startMs;
    batch.endMs = Math.max(handedMs + aloneMs, startMs + Math.max(0, aloneMs - overlapMs));
  }

  #run(batch: RunningBatch, service: ServiceModel): void {
    this.#now.set(batch.worker, batch);
    this.#setPace(batch.startMs, service);
  }

  /**
   * Moves the end of every batch whose slow-down has changed. A batch may be here before its start, which waits until the serving
   * thread can hand it out. A change before the start of a batch changes the pace of the whole batch.
   */
  #setPace(nowMs: number, service: ServiceModel): void {
    if (!service.slowDown) return;
    const { rows } = this;
    // All batches of a row have the same slow-down. It is computed once, because that reads all running batches, maybe thousands.
    const byRow: number[] = [];
    for (const batch of this.#now.values()) {
      byRow[batch.row] ??= service.slowDown(batch.row, rows);
      const slowDown = byRow[batch.row]!;
      if (slowDown === batch.slowDown) continue;
      const fromMs = Math.min(batch.endMs, Math.max(nowMs, batch.startMs));
      batch.endMs = fromMs + ((batch.endMs - fromMs) * slowDown) / batch.slowDown;
      batch.slowDown = slowDown;
    }
  }
}
