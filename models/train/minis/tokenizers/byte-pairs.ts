import { BYTE_OF } from '../../../tasks/token-surfaces.ts';
import { byCount, countsOf } from './counts.ts';

/** Byte-level byte-pair encoding, as GPT-2, BART and Whisper have it. */

/** Matches the words into which GPT-2 splits a text. */
const WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Learning ignores words that occur less often, because most of them are typing slips. */
const COUNT_MIN = 20;

/** The most frequent pair of neighbouring symbols; of equally frequent pairs, the alphabetically first. */
function commonestPair(words: readonly (readonly [string[], number])[]): string | undefined {
  const counts = new Map<string, number>();
  for (const [symbols, count] of words)
    for (let i = 0; i + 1 < symbols.length; i++) {
      const pair = `${symbols[i]} ${symbols[i + 1]}`;
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  return byCount(counts)[0]?.[0];
}

interface BytePairs {
  readonly vocab: Readonly<Record<string, number>>;
  readonly merges: readonly string[];
}

/**
 * Learns merges from texts.
 * @param first tokens that get the lowest ids
 */
export function learnBytePairs(
  texts: readonly string[],
  mergeCount: number,
  first: readonly string[],
): BytePairs {
  const letters = [...BYTE_OF.keys()];
  const encoder = new TextEncoder();
  const words = [...countsOf(texts.flatMap((text) => text.match(WORDS) ?? []))]
    .filter(([, count]) => count >= COUNT_MIN)
    .map(([word, count]) => [Array.from(encoder.encode(word), (byte) => letters[byte]!), count] as const);
  const merges: string[] = [];
  while (merges.length < mergeCount) {
    const pair = commonestPair(words);
    if (pair === undefined) break;
    merges.push(pair);
    const [left, right] = pair.split(' ');
    for (const [symbols] of words)
      for (let i = 0; i + 1 < symbols.length; i++)
        if (symbols[i] === left && symbols[i + 1] === right) symbols.splice(i, 2, `${left}${right}`);
  }
  const tokens = [...first, ...[...letters].sort(), ...merges.map((pair) => pair.replace(' ', ''))];
  return { vocab: Object.fromEntries([...new Set(tokens)].map((token, id) => [token, id])), merges };
}
