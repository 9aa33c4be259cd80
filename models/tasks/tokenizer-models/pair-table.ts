/** Marks a free entry, and a pair without a value. */
const NONE = -1;
/**
 * Numbers in an entry: the two of the pair and its value. They are adjacent, so that a look-up in a large table costs only one
 * cache miss.
 */
const WIDTH = 3;

/**
 * A map from pairs of whole numbers to whole numbers, all of them at least 0. It takes at most 36 bytes for each pair that it has
 * room for. It uses open addressing with linear probing; its hash is salted, so that nobody can craft a file whose pairs all
 * collide.
 */
export class PairTable {
  readonly #entries: Int32Array;
  readonly #mask: number;
  readonly #salts = [0, 0].map(() => Math.floor(Math.random() * 2 ** 32) | 1) as [number, number];

  /** @param room maximum number of pairs */
  constructor(room: number) {
    // At most two thirds of the places are taken, so that a search for a pair that is missing ends soon.
    const places = 2 ** Math.ceil(Math.log2(Math.max(2, 1.5 * room)));
    this.#entries = new Int32Array(WIDTH * places).fill(NONE);
    this.#mask = places - 1;
  }

  /** The value of a pair; −1 if it has none. */
  get(first: number, second: number): number {
    return this.#entries[this.#placeOf(first, second) + 2]!;
  }

  /** Returns the value of a pair. A pair without a value first gets `value`. */
  getOrSet(first: number, second: number, value: number): number {
    const place = this.#placeOf(first, second);
    const known = this.#entries[place + 2]!;
    if (known !== NONE) return known;
    this.#put(place, first, second, value);
    return value;
  }

  set(first: number, second: number, value: number): void {
    this.#put(this.#placeOf(first, second), first, second, value);
  }

  #put(place: number, first: number, second: number, value: number): void {
    this.#entries[place] = first;
    this.#entries[place + 1] = second;
    this.#entries[place + 2] = value;
  }

  /** Index of a pair's entry, or of the free entry that the pair would take. */
  #placeOf(first: number, second: number): number {
    const entries = this.#entries;
    let hash = Math.imul(first, this.#salts[0]) ^ Math.imul(second, this.#salts[1]);
    hash = Math.imul(hash ^ (hash >>> 15), this.#salts[0]);
    hash ^= hash >>> 13;
    for (;;) {
      const place = WIDTH * (hash & this.#mask);
      if (entries[place] === NONE || (entries[place] === first && entries[place + 1] === second))
        return place;
      hash++;
    }
  }
}
