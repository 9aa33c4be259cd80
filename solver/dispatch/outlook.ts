import type { DispatchStage } from './types.ts';

/** Items that the mean fan-out is taken over, about: few enough to follow a switch of variants. */
const MEMORY = 200;

/**
 * Estimates how long requests still take, from the stages' expected times and the fan-out seen so far. Without the fan-out, the
 * work of later stages would be seen too late, and in an overload the first stage would take all the time.
 */
export class Outlook {
  /** Mean number of children of an item, for each stage; 1 until items of it have ended. */
  readonly #fanOut: number[];
  /** Items that the mean is of, for each stage. */
  readonly #seen: number[];
  /** Number of workers that hold each stage. */
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

  /** Adds (1) or removes (−1) a worker. @param holds for each stage, whether the worker holds it */
  holders(holds: readonly boolean[], sign: 1 | -1): void {
    for (const [stage, held] of holds.entries()) if (held) this.#holders[stage]! += sign;
  }

  /**
   * Expected time until a request ends, if its items in a stage started now and waited nowhere later.
   * @param last the stage after which the request ends
   * @param waiting items of the request in `stage`
   * @param together the size of their batches
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

  #parallel(stage: number): number {
    return Math.max(1, this.#holders[stage]!);
  }
}
