/**
 * Words of a text for comparison: in Unicode's compatibility form (NFKC) and lower case, without apostrophes ("don't" equals
 * "dont"). Every other character that is no letter, mark or digit separates words, so punctuation and spaces do not count.
 */
export const wordsOf = (text: string): string[] =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/['’]/g, '')
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => word !== '');

interface WordErrors {
  /** Fewest words to substitute, insert or delete, so that the found words become the true ones (Levenshtein's distance). */
  readonly errors: number;
  /** Number of true words. */
  readonly words: number;
}

/** The word errors of a transcript. The word error rate is `errors` ÷ `words`, over all transcripts. */
export function wordErrors(found: string, truth: string): WordErrors {
  const [own, words] = [wordsOf(found), wordsOf(truth)];
  // distances[i]: distance from the first i found words to the true words so far.
  const distances = Uint32Array.from({ length: own.length + 1 }, (_, i) => i);
  for (const [t, word] of words.entries()) {
    let diagonal = t;
    distances[0] = t + 1;
    for (let i = 1; i <= own.length; i++) {
      const substituted = diagonal + (own[i - 1] === word ? 0 : 1);
      diagonal = distances[i]!;
      distances[i] = Math.min(substituted, diagonal + 1, distances[i - 1]! + 1);
    }
  }
  return { errors: distances[own.length]!, words: words.length };
}
