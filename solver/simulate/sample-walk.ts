import { type Random, seededRandom } from '../math/random.ts';

/** Mean number of batches in a row that are as slow as those that were measured in a row; few beside the samples of a cell. */
const BLOCK = 10;
/** Places of samples are drawn below this number, which is above the number of samples that a profile may hold. */
const PLACES = 2 ** 31;

/**
 * Chooses which measured batch each simulated batch is as slow as: mostly the one that was measured next, so that slow batches
 * come together as they did when they were measured, and queues grow as they then would. This is the stationary bootstrap (Politis
 * & Romano, The Stationary Bootstrap, JASA 89, 1994).
 */
export class SampleWalk {
  readonly #random: Random;
  /** The last place of each row. */
  readonly #last = new Map<number, number>();

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  next(row: number): number {
    const last = this.#last.get(row);
    const jumps = last === undefined || this.#random() < 1 / BLOCK;
    const place = jumps ? Math.floor(PLACES * this.#random()) : last + 1;
    this.#last.set(row, place);
    return place;
  }
}
