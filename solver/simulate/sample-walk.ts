import { type Random, seededRandom } from '../math/random.ts';

/** Mean number of consecutive measured batches that the simulation replays before it goes to a random one. */
const BLOCK = 10;
/** A random place is drawn below this number and taken modulo the number of samples, so it must be far larger than that. */
const PLACES = 2 ** 31;

/**
 * Chooses which measured batch each simulated batch is as slow as: mostly the one that was measured next, so that slow batches
 * come together as they did when they were measured, and queues grow as they then would. This is the stationary bootstrap (Politis
 * & Romano, The Stationary Bootstrap, JASA 89, 1994).
 */
export class SampleWalk {
  readonly #random: Random;
  /** The place of each row's last sample, not yet modulo the number of samples. */
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
