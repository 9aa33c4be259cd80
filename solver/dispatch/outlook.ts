import type { DispatchStage } from './types.ts';
import type { Sharing } from './workers.ts';

/** The mean fan-out covers about this many items: few enough to follow a switch of variants. */
const MEMORY = 200;

/**
 * Estimates how long requests still take, from the stages' expected times and the fan-out seen so far. Without the fan-out, the
 * dispatch would notice the work of later stages too late, and in an overload the first stage would take all the time.
 */
export class Outlook {
  /** For each stage, the mean number of children of an item; 1 until an item of the stage has completed. */
  readonly #fanOut: number[];
  /** For each stage, the number of items that the mean fan-out covers. */
  readonly #seen: number[];
  /** For each stage, the number of workers that hold it. */
  readonly #holders: number[];

  constructor(stages: number) {
    this.#fanOut = Array(stages).fill(1);
    this.#seen = Array(stages).fill(0);
    this.#holders = Array(stages).fill(0);
  }

  children(stage: number, count: number): void {
    const seen = Math.min(this.#seen[stage]! + 1, MEMORY);
    this.#seen[stage] = seen;
    this.#fanOut[stage]! += (count - this.#fanOut[stage]!) / seen;
  }

  /** Counts a worker that was added (1) or removed (−1). @param holds for each stage, whether the worker holds it */
  holders(holds: readonly boolean[], sign: 1 | -1): void {
    for (const [stage, held] of holds.entries()) if (held) this.#holders[stage]! += sign;
  }

  /**
   * Expected time until a request ends, if its items in `stage` start now and wait nowhere later.
   * @param last the stage after which the request ends
   * @param waiting number of the request's items in `stage`
   * @param together number of items in each of their batches
   */
  remainingMs(
    stages: readonly DispatchStage[],
    stage: number,
    last: number,
    waiting: number,
    together: number,
  ): number {
    let ms = Math.ceil(waiting / (together * this.#parallel(stage))) * stages[stage]!.serviceMs(together);
    let items = waiting;
    for (let later = stage + 1; later <= last; later++) {
      items *= this.#fanOut[later - 1]!;
      if (items === 0) break;
      const { batch } = stages[later]!;
      const size = Math.max(1, Math.min(batch, Math.round(items)));
      ms += Math.max(1, items / (size * this.#parallel(later))) * stages[later]!.serviceMs(size);
    }
    return ms;
  }

  /**
   * Expected time until the workers have done all that waits and runs now, and what follows from it. Groups of stages with
   * workers of their own work side by side, so the slowest group counts.
   * @param waiting number of items that wait, by stage
   * @param running number of items that run, by stage
   * @param leftMs time that their batches still take, by stage
   */
  backlogMs(
    stages: readonly DispatchStage[],
    { waiting, running, leftMs }: Record<'waiting' | 'running' | 'leftMs', readonly number[]>,
    groups: readonly Sharing[],
  ): number {
    const workMs: number[] = [];
    let items = 0;
    for (const [stage, { batch, serviceMs }] of stages.entries()) {
      items += waiting[stage]!;
      const together = Math.max(1, Math.min(batch, Math.round(items)));
      workMs.push(leftMs[stage]! + (items / together) * serviceMs(together));
      items = (items + running[stage]!) * this.#fanOut[stage]!;
    }
    const groupMs = groups.map(
      (group) => group.stages.reduce((sum, stage) => sum + workMs[stage]!, 0) / Math.max(1, group.workers),
    );
    return Math.max(...groupMs);
  }

  #parallel(stage: number): number {
    return Math.max(1, this.#holders[stage]!);
  }
}
