function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}

/** The first 32 bits of a number's fractional part. */
const fractionBits = (value: number): number => Math.floor((value % 1) * 2 ** 32);

const START = primes(8).map((prime) => fractionBits(Math.sqrt(prime)));
const ROUNDS = primes(64).map((prime) => fractionBits(Math.cbrt(prime)));
const BLOCK_BYTES = 64;

const rotated = (word: number, bits: number): number => (word >>> bits) | (word << (32 - bits));

/** Appends a 1 bit, zeros, and the message's length in bits, so that the result is a whole number of blocks. */
function padded(bytes: Uint8Array): DataView {
  const blocks = Math.ceil((bytes.length + 9) / BLOCK_BYTES);
  const all = new Uint8Array(blocks * BLOCK_BYTES);
  all.set(bytes);
  all[bytes.length] = 0x80;
  const view = new DataView(all.buffer);
  view.setBigUint64(all.length - 8, 8n * BigInt(bytes.length));
  return view;
}

/** The message schedule: expands the 16 words of the block that starts at byte `at` to the words of the 64 rounds. */
function schedule(view: DataView, at: number): Int32Array {
  const words = Int32Array.from({ length: 64 }, (_, i) => (i < 16 ? view.getInt32(at + 4 * i) : 0));
  for (let i = 16; i < 64; i++) {
    const [a, b] = [words[i - 15]!, words[i - 2]!];
    const small = rotated(a, 7) ^ rotated(a, 18) ^ (a >>> 3);
    const large = rotated(b, 17) ^ rotated(b, 19) ^ (b >>> 10);
    words[i] = words[i - 16]! + small + words[i - 7]! + large;
  }
  return words;
}

/**
 * SHA-256 (FIPS 180-4) of a short text in UTF-8, in lower-case hex. It is computed here because `crypto.subtle` is asynchronous,
 * and some callers cannot await an id.
 */
export function sha256OfText(text: string): string {
  const view = padded(new TextEncoder().encode(text));
  const hash = Int32Array.from(START);
  for (let at = 0; at < view.byteLength; at += BLOCK_BYTES) {
    const words = schedule(view, at);
    let [a, b, c, d, e, f, g, h] = hash as unknown as [
      ...[number, number, number, number],
      ...[number, number, number, number],
    ];
    for (let i = 0; i < 64; i++) {
      const choice = (e & f) ^ (~e & g);
      const majority = (a & b) ^ (a & c) ^ (b & c);
      const first = h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + choice + ROUNDS[i]! + words[i]!;
      const second = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + majority;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => {
      hash[i] = hash[i]! + word;
    });
  }
  return Array.from(hash, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}
