/** Bytes that the bodies in memory may have together. */
const MOST_BYTES = 256 * 2 ** 20;

/** Admits bodies by their size before they are read, so that many connections cannot fill the memory. */
export class Admission {
  #bytes = 0;

  constructor(private readonly most = MOST_BYTES) {}

  /** Reserves memory for a body; false where there is not enough. A single body is always admitted. */
  enter(bytes: number): boolean {
    if (this.#bytes > 0 && this.#bytes + bytes > this.most) return false;
    this.#bytes += bytes;
    return true;
  }

  leave(bytes: number): void {
    this.#bytes -= bytes;
  }
}
