import { Heap } from '../../../solver/dispatch/heap.ts';
import { getOrMake } from '../../../solver/math/maps.ts';
import type { Cutter } from './cutter.ts';
import { PairTable } from './pair-table.ts';
import { byteTokens, fuseUnknown } from './unknown.ts';

interface BytePairModel {
  /** The number of each token. */
  readonly ids: ReadonlyMap<string, number>;
  /** Pairs of tokens to join, in order of priority. */
  readonly merges: readonly (readonly [string, string])[];
  /** The token that replaces each token without a number in the vocabulary; undefined: tokens without a number are left out. */
  readonly unknown: string | undefined;
  /** Whether several unknown tokens in a row become one token. */
  readonly fuses: boolean;
  /** Suffix of the last token of each word, e.g. `</w>`. */
  readonly wordEnd: string;
  /** Suffix of every other token of a word. */
  readonly tokenEnd: string;
  /** Whether a token without a number becomes the tokens of its bytes, e.g. `<0xC3>`. */
  readonly bytes: boolean;
  /** Whether a word that is itself a token stays whole, even if the merges would not join it. */
  readonly keepsWords: boolean;
}

/** Stands for what does not exist: a token's number in the merges, a pair's rank, or the token after one that was merged away. */
const NONE = -1;

/**
 * Returns a function that cuts words by byte-pair encoding (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909): starting
 * from characters, it joins the neighbouring pair of the highest priority, the leftmost first, until no pair is left. The time
 * for a word of n characters grows with n·log n.
 */
export function bytePairCutter(model: BytePairModel): Cutter {
  const { ids, unknown } = model;
  const partsOf = merger(model);
  const unknownTokens = unknown === undefined ? [] : [unknown];
  const tokensOf = (part: string): readonly string[] =>
    (model.bytes && byteTokens(part, ids)) || unknownTokens;
  const unknownId = unknown === undefined ? undefined : ids.get(unknown);
  return (words) => {
    const tokens: string[] = [];
    for (const word of words)
      for (const part of model.keepsWords && ids.has(word) ? [word] : partsOf(word))
        if (ids.has(part)) tokens.push(part);
        else tokens.push(...tokensOf(part));
    return model.fuses && unknownId !== undefined ? fuseUnknown(tokens, ids, unknownId) : tokens;
  };
}

/** Returns a function that joins the characters of a word to tokens, by the merges. */
function merger({ merges, wordEnd, tokenEnd }: BytePairModel): (word: string) => string[] {
  const { symbols, ranks, results } = tablesOf(merges);
  // For each character that begins a token: the token, and where the neighbouring tokens begin. All words use this memory.
  let tokens = new Int32Array(0);
  let next = tokens;
  let previous = tokens;
  /** Pairs by rank, then by place: rank · (length of the word) + place. The queue is empty between words. */
  const queue = new Heap<number>((a, b) => a < b);

  return (word) => {
    const characters = [...word];
    const count = characters.length;
    if (count === 0) return [];
    characters[count - 1] += wordEnd;
    if (count === 1) return characters;
    if (tokens.length < count) {
      tokens = new Int32Array(2 * count);
      next = new Int32Array(2 * count);
      previous = new Int32Array(2 * count);
    }
    for (let i = 0; i < count; i++) {
      tokens[i] = symbols.get(characters[i]!) ?? NONE;
      next[i] = i + 1;
      previous[i] = i - 1;
    }
    const rankAt = (at: number): number => {
      const second = next[at]!;
      if (second === NONE || second >= count || tokens[at] === NONE || tokens[second] === NONE) return NONE;
      return ranks.get(tokens[at]!, tokens[second]!);
    };
    const offer = (at: number) => {
      const rank = rankAt(at);
      if (rank !== NONE) queue.push(rank * count + at);
    };
    for (let i = 0; i < count; i++) offer(i);
    for (let pair = queue.pop(); pair !== undefined; pair = queue.pop()) {
      const at = pair % count;
      const rank = (pair - at) / count;
      // One of the pair's tokens may have been joined with another one after the pair entered the queue.
      if (rankAt(at) !== rank) continue;
      const second = next[at]!;
      tokens[at] = results[rank]!;
      next[at] = next[second]!;
      next[second] = NONE;
      if (next[at]! < count) previous[next[at]!] = at;
      if (at > 0) offer(previous[at]!);
      offer(at);
    }
    const parts: string[] = [];
    for (let at = 0; at < count; at = next[at]!) {
      const part = characters.slice(at, next[at]!).join('');
      parts.push(next[at]! < count ? part + tokenEnd : part);
    }
    return parts;
  };
}

/** Makes look-up tables: a number for each token in the merges, the rank of each pair, and the token that each merge gives. */
function tablesOf(merges: BytePairModel['merges']) {
  const symbols = new Map<string, number>();
  const symbolOf = (token: string): number => getOrMake(symbols, token, () => symbols.size);
  const ranks = new PairTable(merges.length);
  const results = new Int32Array(merges.length);
  merges.forEach(([first, second], rank) => {
    ranks.set(symbolOf(first), symbolOf(second), rank);
    results[rank] = symbolOf(first + second);
  });
  return { symbols, ranks, results };
}
