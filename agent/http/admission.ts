/** Most bytes of request bodies in memory, all requests together. */
const MOST_BYTES = 256 * 2 ** 20;

/** Admits request bodies by their size before they are read, so that many connections cannot fill the memory. */
export class Admission {
  #bytes = 0;

  constructor(private readonly most = MOST_BYTES) {}

  /** Reserves memory for a body; returns false if there is too little. A single body is always admitted. */
  enter(bytes: number): boolean {
    if (this.#bytes > 0 && this.#bytes + bytes > this.most) return false;
    this.#bytes += bytes;
    return true;
  }

  leave(bytes: number): void {
    this.#bytes -= bytes;
  }
}
