import type { Cutter } from './cutter.ts';
import { Trie } from './trie.ts';
import { byteTokens, fuseUnknown } from './unknown.ts';

interface UnigramModel {
  /** Pieces with the logarithms of their probabilities. A piece's number is its index. */
  readonly pieces: readonly (readonly [string, number])[];
  /** The number of each token, including tokens that are no pieces. */
  readonly ids: ReadonlyMap<string, number>;
  readonly unknownId: number;
  /** Whether unknown text becomes the tokens of its bytes, e.g. `<0xC3>`. */
  readonly bytes: boolean;
}

/** The score of an unknown character is this much lower than that of the least probable piece, as in SentencePiece. */
const UNKNOWN_PENALTY = 10;

/**
 * Returns a function that cuts words as a Unigram model does (Kudo 2018, https://arxiv.org/abs/1804.10959): into the pieces with
 * the largest sum of scores, by the Viterbi algorithm. Unknown characters in a row become one token, or the tokens of their
 * bytes. The time grows with the length of the words times the length of the longest beginning of a piece that occurs in them.
 */
export function unigramCutter({ pieces, ids, unknownId, bytes }: UnigramModel): Cutter {
  const trie = new Trie(pieces.map(([piece], id) => [piece, id]));
  const least = pieces.reduce((min, [, score]) => Math.min(min, score), Number.POSITIVE_INFINITY);
  const scores = Float64Array.from(pieces, ([, score], id) =>
    id === unknownId ? least - UNKNOWN_PENALTY : score,
  );

  // For each place of a word that pieces reach: the start of the last piece on the best way there (−1 for other places), and the
  // sum of the scores on that way. All words use this memory.
  let starts = new Int32Array(0);
  let sums = new Float64Array(0);
  const reach = (start: number, end: number, score: number) => {
    const sum = sums[start]! + score;
    if (starts[end]! >= 0 && sum <= sums[end]!) return;
    starts[end] = start;
    sums[end] = sum;
  };

  const findBest = (word: string) => {
    if (starts.length <= word.length) {
      starts = new Int32Array(2 * word.length + 1);
      sums = new Float64Array(2 * word.length + 1);
    }
    starts.fill(-1, 0, word.length + 1);
    sums[0] = 0;
    for (let start = 0; start < word.length; start++) {
      if (start > 0 && starts[start]! < 0) continue;
      const first = start + (word.codePointAt(start)! > 0xffff ? 2 : 1);
      let firstIsPiece = false;
      let node = Trie.ROOT;
      for (let end = start; end < word.length; ) {
        node = trie.next(node, word.charCodeAt(end++));
        if (node < 0) break;
        const id = trie.valueOf(node);
        if (id < 0) continue;
        reach(start, end, scores[id]!);
        firstIsPiece ||= end === first;
      }
      if (!firstIsPiece) reach(start, first, scores[unknownId]!);
    }
  };

  const cut = (word: string): string[] => {
    findBest(word);
    const tokens: string[] = [];
    for (let end = word.length; end > 0; end = starts[end]!) tokens.push(word.slice(starts[end]!, end));
    return tokens.reverse();
  };
  return (words) => {
    const tokens = fuseUnknown(words.flatMap(cut), ids, unknownId);
    return bytes
      ? tokens.flatMap((token) => (ids.has(token) ? token : (byteTokens(token, ids) ?? token)))
      : tokens;
  };
}
