/** The bytes end before all bits of a number are read. */
export class EndOfBitsError extends Error {
  override name = 'EndOfBitsError';
}

/** Reads numbers of any width from bytes, the highest bit first. */
export class BitReader {
  /** Position of the next bit: the number of bits before it, from the start of the bytes. */
  #at: number;

  /** @param from the byte to begin at */
  constructor(
    private readonly bytes: Uint8Array,
    from = 0,
  ) {
    this.#at = 8 * from;
  }

  /** The index of the byte that has the next bit. */
  get byte(): number {
    return this.#at >> 3;
  }

  /** Reads a number without a sign. @param width in bits, at most 48 @throws EndOfBitsError */
  take(width: number): number {
    let value = 0;
    for (let left = width; left > 0; ) {
      const inByte = 8 - (this.#at & 7);
      const count = Math.min(inByte, left);
      const bits = (this.#current() >> (inByte - count)) & ((1 << count) - 1);
      value = value * 2 ** count + bits;
      this.#at += count;
      left -= count;
    }
    return value;
  }

  /** Reads a number in two's complement. @param width in bits, at most 48 @throws EndOfBitsError */
  signed(width: number): number {
    const value = this.take(width);
    return value >= 2 ** (width - 1) ? value - 2 ** width : value;
  }

  /** Counts the 0 bits before the next 1 bit, and reads that 1 bit too. @throws EndOfBitsError */
  zeros(): number {
    for (let count = 0; ; ) {
      const inByte = 8 - (this.#at & 7);
      const rest = this.#current() & ((1 << inByte) - 1);
      const zeros = rest === 0 ? inByte : Math.clz32(rest) - (32 - inByte);
      count += zeros;
      this.#at += zeros;
      if (rest === 0) continue;
      this.#at++;
      return count;
    }
  }

  /** Skips the rest of a byte that was read in part. */
  alignToByte(): void {
    this.#at = 8 * Math.ceil(this.#at / 8);
  }

  #current(): number {
    const byte = this.bytes[this.#at >> 3];
    if (byte === undefined) throw new EndOfBitsError('The bits end too early.');
    return byte;
  }
}
