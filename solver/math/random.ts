import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Returns a uniform random number in [0, 1), with 32 random bits. */
export type Random = () => number;

/** Makes a generator that gives the same sequence for the same seed. */
export function seededRandom(seed: number): Random {
  const generator = xoroshiro128plus(spread(seed));
  return () => (generator.next() >>> 0) / 2 ** 32;
}

/**
 * Spreads seeds over all 32 bits (the finaliser of MurmurHash3). Without it, small seeds start with numbers near 1, and
 * neighbouring seeds give similar sequences.
 */
function spread(seed: number): number {
  let bits = (seed + 0x9e3779b9) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** A shuffled copy (Fisher–Yates). */
export function shuffled<T>(values: readonly T[], random: Random): T[] {
  const copy = [...values];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}
