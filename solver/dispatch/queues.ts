import { type Entry, ItemQueue, type RequestState } from './queue.ts';
import { heavyRow, rowAt, stageOf } from './rows.ts';
import type { DispatchPolicy } from './types.ts';

/** The queues of all rows. Each row has one queue of items that run in batches together, and one of items that run alone. */
export class Queues {
  #stages: DispatchPolicy['stages'];
  /**
   * The queues of the policy's rows, those of later rows first: if the oldest requests of two batches arrived together, the later
   * row's batch runs first.
   */
  #all: readonly ItemQueue[] = [];
  readonly #shared: readonly ItemQueue[];
  /** Queues of items that run alone, because batches with them failed or lost their worker. */
  readonly #solo: readonly ItemQueue[];

  constructor({ stages }: DispatchPolicy) {
    const rows = Array.from({ length: 2 * stages.length }, (_, row) => row);
    this.#shared = rows.map((row) => new ItemQueue(row, false));
    this.#solo = rows.map((row) => new ItemQueue(row, true));
    this.#stages = stages;
    this.#list();
  }

  /** The queues of the policy's rows, in the order that decides between batches whose oldest requests arrived together. */
  get all(): readonly ItemQueue[] {
    return this.#all;
  }

  /** Number of items that wait, by row. */
  get waiting(): number[] {
    return this.#shared.map((shared, row) => shared.size + this.#solo[row]!.size);
  }

  /** Number of a row's items that wait to run in batches together. */
  together(row: number): number {
    return this.#shared[row]!.size;
  }

  /** {@link ItemQueue.newest} of the queue of a row's items that run in batches together. */
  newest(row: number): RequestState | undefined {
    return this.#shared[row]?.newest;
  }

  /** Lets an item wait for a row. @param alone whether it must run in a batch of its own */
  push(row: number, entry: Entry, alone = false): void {
    const queues = alone ? this.#solo : this.#shared;
    queues[presentRow(this.#stages, row)]!.push(entry);
  }

  /**
   * Changes the policy. Items that wait for a heavy variant that the new policy lacks wait for the stage's only variant instead.
   */
  setPolicy({ stages }: DispatchPolicy): void {
    this.#stages = stages;
    this.#list();
    stages.forEach(({ heavy }, stage) => {
      if (heavy) return;
      for (const queues of [this.#shared, this.#solo]) {
        const left = queues[heavyRow(stage, stages.length)]!;
        for (const entry of left.take(left.size)) queues[stage]!.push(entry);
      }
    });
  }

  #list(): void {
    this.#all = this.#stages
      .flatMap(({ heavy }, stage) => (heavy ? [stage, heavyRow(stage, this.#stages.length)] : [stage]))
      .flatMap((row) => [this.#shared[row]!, this.#solo[row]!])
      .reverse();
  }
}

/** The row itself or, for a heavy variant that the policy does not have (any more), the row of its stage's only variant. */
const presentRow = (stages: DispatchPolicy['stages'], row: number): number =>
  rowAt(stages, row) ? row : stageOf(row, stages.length);
