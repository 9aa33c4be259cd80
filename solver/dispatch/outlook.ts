import type { DispatchStage } from './types.ts';

/** Items whose fan-out is remembered, about: enough for a mean, few enough to follow a switch of variants. */
const MEMORY = 200;

/**
 * How long requests still take, by the stages' expected times and the fan-out seen so far. Without the fan-out a
 * request would be taken for a light one until it is too late, and an overload would be spent on its first stage.
 */
export class Outlook {
  /** Mean children of an item, by stage; 1 until there were any. */
  readonly #fanOut: number[];
  readonly #seen: number[];
  /** Workers that hold a stage. */
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

  /** Counts in the workers that hold a stage, or out with −1. */
  holders(holds: readonly boolean[], sign: 1 | -1): void {
    for (const [stage, held] of holds.entries()) if (held) this.#holders[stage]! += sign;
  }

  /**
   * Expected time to the end of a request, after stage `last`, that has `waiting` items in a stage, if they started now in
   * batches of `atHand`, and nothing waited later.
   */
  remainingMs(
    stages: readonly DispatchStage[],
    stage: number,
    last: number,
    waiting: number,
    atHand: number,
  ): number {
    let ms = Math.ceil(waiting / (atHand * this.#atOnce(stage))) * stages[stage]!.serviceMs(atHand);
    let items = waiting;
    for (let later = stage + 1; later <= last; later++) {
      items *= this.#fanOut[later - 1]!;
      if (items === 0) break;
      const { batch } = stages[later]!;
      const size = Math.max(1, Math.min(batch, Math.round(items)));
      ms += Math.max(1, items / (size * this.#atOnce(later))) * stages[later]!.serviceMs(size);
    }
    return ms;
  }

  #atOnce(stage: number): number {
    return Math.max(1, this.#holders[stage]!);
  }
}
