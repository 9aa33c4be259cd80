import type { Cutter } from './cutter.ts';
import { Trie } from './trie.ts';

interface WordPieceModel {
  /** The number of each token. */
  readonly ids: ReadonlyMap<string, number>;
  /** The token that stands for an unknown word, e.g. `[UNK]`. */
  readonly unknown: string;
  /** Prefix of tokens that continue a word, e.g. `##`. */
  readonly prefix: string;
  /** Words with more characters are unknown. */
  readonly wordLengthMax: number;
}

/**
 * Returns a function that cuts words as WordPiece does (Schuster and Nakajima 2012; Devlin et al. 2019,
 * https://arxiv.org/abs/1810.04805): it takes a word's longest beginning that is a token, then the longest beginning of the rest.
 * A word is unknown if no token begins the rest. The time grows with the length of the words times the length of the longest
 * beginning of a token that occurs in them.
 */
export function wordPieceCutter({ ids, unknown, prefix, wordLengthMax }: WordPieceModel): Cutter {
  const trie = new Trie([...ids]);
  const continued = trie.nodeOf(prefix);

  const cut = (word: string): readonly string[] => {
    if (word.length > wordLengthMax && [...word].length > wordLengthMax) return [unknown];
    const tokens: string[] = [];
    for (let start = 0; start < word.length; ) {
      let node = start === 0 ? Trie.ROOT : continued;
      let end = start;
      for (let at = start; at < word.length && node >= 0; ) {
        node = trie.next(node, word.charCodeAt(at++));
        if (node >= 0 && trie.valueOf(node) >= 0) end = at;
      }
      if (end === start) return [unknown];
      tokens.push((start === 0 ? '' : prefix) + word.slice(start, end));
      start = end;
    }
    return tokens;
  };
  return (words) => words.flatMap(cut);
}
