import type { Item } from '../dispatch/types.ts';
import type { ServiceModel } from './service.ts';

/** A batch that a worker runs, or has been handed to go on with. */
export interface RunningBatch {
  readonly batch: number;
  readonly stage: number;
  readonly worker: string;
  readonly items: readonly Item[];
  startMs: number;
  /** As things stand: it moves when a neighbour on the GPU starts or ends. */
  endMs: number;
  /** How many times slower than alone it runs now. */
  slowDown: number;
}

/** What workers run, each one batch at a time. Batches beside each other on a GPU slow each other while both run. */
export class Running {
  /** By worker. */
  readonly #now = new Map<string, RunningBatch>();
  readonly #ahead = new Map<string, RunningBatch>();

  /** All there are, also those that wait for their worker. */
  get all(): RunningBatch[] {
    return [...this.#now.values(), ...this.#ahead.values()];
  }

  /** The one that ends first. */
  next(): RunningBatch | undefined {
    let first: RunningBatch | undefined;
    for (const batch of this.#now.values())
      if (!first || batch.endMs < first.endMs || (batch.endMs === first.endMs && batch.batch < first.batch))
        first = batch;
    return first;
  }

  /** Starts a batch, or puts it after the one that its worker runs. It comes with the times that it would have alone. */
  start(batch: RunningBatch, service: ServiceModel): void {
    const before = this.#now.get(batch.worker);
    if (before) {
      this.#ahead.set(batch.worker, batch);
      this.#moveTo(batch, before.endMs);
    } else this.#run(batch, service);
  }

  /** Takes off a batch at its end; its worker goes on with what it was handed. */
  end({ worker, endMs }: RunningBatch, service: ServiceModel): void {
    this.#now.delete(worker);
    const next = this.#ahead.get(worker);
    this.#ahead.delete(worker);
    if (next) {
      this.#moveTo(next, endMs);
      this.#run(next, service);
    } else this.#setPace(endMs, service);
  }

  /** Stages that other workers than this one run. */
  beside(worker: string, nowMs: number): number[] {
    const stages: number[] = [];
    for (const [id, { stage, endMs }] of this.#now)
      if (id !== worker && (endMs > nowMs || this.#ahead.has(id))) stages.push(stage);
    return stages;
  }

  #moveTo(batch: RunningBatch, startMs: number): void {
    batch.endMs += startMs - batch.startMs;
    batch.startMs = startMs;
  }

  #run(batch: RunningBatch, service: ServiceModel): void {
    this.#now.set(batch.worker, batch);
    this.#setPace(batch.startMs, service);
  }

  /** What is left of each batch takes as long as its neighbours now make it. */
  #setPace(nowMs: number, service: ServiceModel): void {
    if (!service.slowDown) return;
    const stages = Array.from(this.#now.values(), ({ stage }) => stage);
    for (const batch of this.#now.values()) {
      const slowDown = service.slowDown(batch.stage, stages);
      if (slowDown === batch.slowDown) continue;
      batch.endMs = nowMs + ((batch.endMs - nowMs) * slowDown) / batch.slowDown;
      batch.slowDown = slowDown;
    }
  }
}
