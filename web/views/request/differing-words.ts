/** A stretch of a text. It differs if the other text has none of its words at this place. */
export interface Stretch {
  readonly text: string;
  readonly differs: boolean;
}

/** At most this many words of each text are compared, because the time grows with the product of both numbers. */
const WORDS_MAX = 1000;

/** Finds words in any language, also where no spaces separate them. */
const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

interface Segment {
  readonly text: string;
  /** The word as it is compared, without case and apostrophes; null for spaces and punctuation. */
  readonly word: string | null;
}

/**
 * Compares a text with the true one. Words differ unless they belong to the longest common subsequence of both texts' words;
 * case, spaces and punctuation do not count.
 */
export function differingWords(predicted: string, truth: string): { predicted: Stretch[]; truth: Stretch[] } {
  const [own, other] = [segmentsOf(predicted), segmentsOf(truth)];
  const [words, trueWords] = [wordsOf(own), wordsOf(other)];
  const common = commonWords(words, trueWords);
  return {
    predicted: stretches(
      own,
      common.map(([i]) => i),
    ),
    truth: stretches(
      other,
      common.map(([, i]) => i),
    ),
  };
}

const segmentsOf = (text: string): Segment[] =>
  Array.from(segmenter.segment(text), ({ segment, isWordLike }) => ({
    text: segment,
    word: isWordLike ? segment.normalize('NFKC').toLowerCase().replace(/['’]/g, '') : null,
  }));

const wordsOf = (segments: readonly Segment[]): string[] =>
  segments.flatMap(({ word }) => word ?? []).slice(0, WORDS_MAX);

/** Index pairs of a longest common subsequence, rising. */
function commonWords(a: readonly string[], b: readonly string[]): [number, number][] {
  const width = b.length + 1;
  // lengths[i · width + j] is the length of the longest common subsequence of a from index i and b from index j.
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * width + j] =
        a[i] === b[j]
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
  const common: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; )
    if (a[i] === b[j]) common.push([i++, j++]);
    else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) i++;
    else j++;
  return common;
}

/** Joins neighbouring segments with the same mark. A space between two differing words differs too. */
function stretches(segments: readonly Segment[], commonWords: readonly number[]): Stretch[] {
  const common = new Set(commonWords);
  let words = 0;
  const marks = segments.map(({ word }) => {
    if (word === null) return null;
    const index = words++;
    return index < WORDS_MAX && !common.has(index);
  });
  const joined: { text: string; differs: boolean }[] = [];
  segments.forEach(({ text }, i) => {
    const differs = marks[i] ?? ((marks[i - 1] ?? false) && (marks[i + 1] ?? false));
    const last = joined.at(-1);
    if (last?.differs === differs) last.text += text;
    else joined.push({ text, differs });
  });
  return joined;
}
