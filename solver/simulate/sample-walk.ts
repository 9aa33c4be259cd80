import { type Random, seededRandom } from '../math/random.ts';

/** Mean number of consecutive measured batches that the simulation replays before it goes to a random one. */
const BLOCK = 10;
/** Random places are below this number and are used modulo the number of samples, so it must far exceed any number of samples. */
const PLACES = 2 ** 31;

/**
 * Chooses the measured batch that gives a simulated batch its slowness: mostly the one measured right after the previous choice,
 * so that slow batches come in clusters as in the measurement, and queues grow accordingly. This is the stationary bootstrap
 * (Politis & Romano, The Stationary Bootstrap, JASA 89, 1994).
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
