/**
 * Words of a text as ROUGE-L counts them: runs of letters, marks and digits in lower case, without stemming. In English these are
 * the words of the package rouge_score without its stemmer.
 */
export const rougeWords = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];

/** Length of the longest common subsequence of two lists. */
export function commonLength(a: readonly string[], b: readonly string[]): number {
  let above = new Uint32Array(b.length + 1);
  let row = new Uint32Array(b.length + 1);
  for (const word of a) {
    for (let j = 0; j < b.length; j++)
      row[j + 1] = word === b[j] ? above[j]! + 1 : Math.max(above[j + 1]!, row[j]!);
    [above, row] = [row, above];
  }
  return above[b.length]!;
}

/**
 * ROUGE-L of a summary, from 0 to 1 (Lin 2004, https://aclanthology.org/W04-1013, section 3.1, with β = 1): the harmonic mean of
 * the longest common subsequence's shares of both texts' words, 2 · common / (words of the summary + words of the reference).
 * Two texts without words agree: 1.
 */
export function rougeL(summary: string, reference: string): number {
  const words = rougeWords(summary);
  const trueWords = rougeWords(reference);
  const all = words.length + trueWords.length;
  return all === 0 ? 1 : (2 * commonLength(words, trueWords)) / all;
}
