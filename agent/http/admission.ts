/** Bytes of requests that may be in memory at once. */
const MOST_BYTES = 256 * 2 ** 20;

/** Lets requests in by their size, before they are read: however many connections send, memory stays bounded. */
export class Admission {
  #bytes = 0;

  constructor(private readonly most = MOST_BYTES) {}

  /** Takes room for a body; false where there is none. One alone is always let in. */
  enter(bytes: number): boolean {
    if (this.#bytes > 0 && this.#bytes + bytes > this.most) return false;
    this.#bytes += bytes;
    return true;
  }

  leave(bytes: number): void {
    this.#bytes -= bytes;
  }
}
