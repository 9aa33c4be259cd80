import { heavyRow, rowAt, stageOf } from './rows.ts';
import type { DispatchStage, Follow } from './types.ts';
import type { Sharing } from './workers.ts';

/**
 * The means of the fan-out and of the escalated share cover about this many items: few, so that the means soon follow a switch of
 * variants.
 */
const MEMORY = 200;

/**
 * Estimates how long requests still take, from the expected times and from the fan-out and escalated shares seen so far. Without
 * the fan-out, the dispatch would notice the work of later stages too late, and in an overload the first stage would take all the
 * time.
 */
export class Outlook {
  /** For each stage, the mean number of children of an item; 1 until an item of the stage has completed. */
  readonly #fanOut: RunningMean[];
  /** For each stage, the share of its items that escalated to its heavy variant. */
  readonly #escalated: RunningMean[];
  /** For each row, the number of workers that hold it. */
  readonly #holders: number[];

  constructor(private readonly stages: number) {
    this.#fanOut = Array.from({ length: stages }, () => new RunningMean());
    this.#escalated = Array.from({ length: stages }, () => new RunningMean());
    this.#holders = Array(3 * stages).fill(0);
  }

  /** Counts the fan-out or escalation of a completed item. @param row the row whose variant ran the item */
  completed(row: number, follow: Follow): void {
    const stage = stageOf(row, this.stages);
    if (row === stage) this.#escalated[stage]!.add(typeof follow === 'number' ? 0 : 1);
    if (typeof follow === 'number') this.#fanOut[stage]!.add(follow);
  }

  /** Counts a worker that was added (1) or removed (−1). @param holds for each row, whether the worker holds it */
  holders(holds: readonly boolean[], sign: 1 | -1): void {
    for (const [row, held] of holds.entries()) if (held) this.#holders[row]! += sign;
  }

  /**
   * Expected time until a request ends, if its items in `row` start now and wait nowhere later.
   * @param last the stage after which the request ends
   * @param waiting number of the request's items in `row`
   * @param together number of items, also of other requests, in each batch that runs these items
   */
  remainingMs(
    stages: readonly DispatchStage[],
    row: number,
    last: number,
    waiting: number,
    together: number,
  ): number {
    const stage = stageOf(row, stages.length);
    let ms = Math.ceil(waiting / (together * this.#parallel(row))) * rowAt(stages, row)!.serviceMs(together);
    let items = waiting;
    // Items that follow from one batch wait for the next stage together.
    let mates = Math.max(items, together);
    if (row === stage) ms += this.#heavyMs(stages, stage, items, mates);
    for (let later = stage + 1; later <= last; later++) {
      const fanOut = this.#fanOut[later - 1]!.or(1);
      items *= fanOut;
      mates *= fanOut;
      if (items === 0) break;
      ms += this.#rowMs(stages, later, items, mates) + this.#heavyMs(stages, later, items, mates);
    }
    return ms;
  }

  /** Expected time of a stage's heavy variant for the share of `items` that escalates; 0 without a cascade. */
  #heavyMs(stages: readonly DispatchStage[], stage: number, items: number, mates: number): number {
    const share = this.#escalatedShare(stages, stage);
    const expected = items * share;
    if (expected === 0) return 0;
    // An expected number below one is the probability that an item escalates.
    return (
      Math.min(1, expected) * this.#rowMs(stages, heavyRow(stage, stages.length), expected, mates * share)
    );
  }

  /** @param mates number of items that come to the row at the same time, `items` among them */
  #rowMs(stages: readonly DispatchStage[], row: number, items: number, mates: number): number {
    const { batch, serviceMs } = rowAt(stages, row)!;
    const size = Math.max(1, Math.min(batch, Math.round(mates)));
    return Math.max(1, items / (size * this.#parallel(row))) * serviceMs(size);
  }

  #escalatedShare(stages: readonly DispatchStage[], stage: number): number {
    const { heavy } = stages[stage]!;
    return heavy ? this.#escalated[stage]!.or(heavy.share) : 0;
  }

  /**
   * Expected time until the workers have finished all items that wait and run now, and all items that follow from these. Rows
   * that share no workers are served in parallel, so the slowest group of rows counts.
   * @param waiting number of items that wait, by row
   * @param running number of items that run, by row
   * @param leftMs time that the running batches still take, by row
   */
  backlogMs(
    stages: readonly DispatchStage[],
    { waiting, running, leftMs }: Record<'waiting' | 'running' | 'leftMs', readonly number[]>,
    groups: readonly Sharing[],
  ): number {
    const workMs = [...leftMs];
    const addWork = (row: number, items: number) => {
      const { batch, serviceMs } = rowAt(stages, row)!;
      const together = Math.max(1, Math.min(batch, Math.round(items)));
      workMs[row]! += (items / together) * serviceMs(together);
    };
    let items = 0;
    for (const [stage, { heavy }] of stages.entries()) {
      items += waiting[stage]!;
      addWork(stage, items);
      items += running[stage]!;
      const heavier = heavyRow(stage, stages.length);
      if (heavy) addWork(heavier, waiting[heavier]! + items * this.#escalatedShare(stages, stage));
      items = (items + waiting[heavier]! + running[heavier]!) * this.#fanOut[stage]!.or(1);
    }
    const groupMs = groups.map(
      (group) => group.rows.reduce((sum, row) => sum + (workMs[row] ?? 0), 0) / Math.max(1, group.workers),
    );
    return Math.max(...groupMs);
  }

  #parallel(row: number): number {
    return Math.max(1, this.#holders[row]!);
  }
}

class RunningMean {
  #mean = 0;
  #seen = 0;

  add(value: number): void {
    this.#seen = Math.min(this.#seen + 1, MEMORY);
    this.#mean += (value - this.#mean) / this.#seen;
  }

  /** The mean of the added values; `first` if there is none yet. */
  or(first: number): number {
    return this.#seen === 0 ? first : this.#mean;
  }
}
