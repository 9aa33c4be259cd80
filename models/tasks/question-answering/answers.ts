import { charactersBefore, type Span } from '../token-spans.ts';

/** A model's scores of one window of a text. */
export interface WindowLogits {
  /** Index of the window's first token among the text's tokens. */
  readonly from: number;
  /** For each text token in the window, the logit that the answer starts with the token. */
  readonly starts: Float32Array;
  /** For each text token in the window, the logit that the answer ends with the token. */
  readonly ends: Float32Array;
  /** Both logits of the row's first token, e.g. `[CLS]`. Their sum is the model's score for "no answer". */
  readonly none: { readonly start: number; readonly end: number };
}

/** An answer in a text: its characters (Unicode code points) from `start` to before `end`. Both are 0 if there is no answer. */
export interface Answer extends Span {
  readonly text: string;
  /**
   * Probability of the answer's first token times that of its last one. Each is a softmax over the text tokens of all windows,
   * and over the first token of one row: the row with the lowest score for "no answer".
   */
  readonly score: number;
}

/** Maximum number of tokens of an answer, as in BERT's script for SQuAD. */
const TOKENS_MAX = 30;

/**
 * Returns the answer with the largest sum of logits, over all windows (Devlin et al. 2019, https://arxiv.org/abs/1810.04805,
 * sections 4.2 and 4.3).
 * @param spans of the text's tokens
 * @param unanswerable whether the text may have no answer; then the answer is empty if the score for "no answer" of every window
 *   is larger than the best answer's sum
 */
export function bestAnswer(
  text: string,
  spans: readonly Span[],
  windows: readonly WindowLogits[],
  unanswerable: boolean,
): Answer {
  const none = windows.map((window) => window.none).reduce((a, b) => (sumOf(b) < sumOf(a) ? b : a));
  let best = { start: 0, end: 0, logit: Number.NEGATIVE_INFINITY };
  for (const { from, starts, ends } of windows)
    for (let first = 0; first < starts.length; first++) {
      const { start } = spans[from + first]!;
      for (let last = first; last < Math.min(ends.length, first + TOKENS_MAX); last++) {
        const logit = starts[first]! + ends[last]!;
        if (!(logit > best.logit)) continue;
        const { end } = spans[from + last]!;
        // A run of tokens that are only white space is no answer: its span does not end after its start.
        if (start < end) best = { start, end, logit };
      }
    }
  if (best.end === 0 || (unanswerable && sumOf(none) > best.logit))
    best = { start: 0, end: 0, logit: sumOf(none) };
  const start = logSum(
    windows.map(({ starts }) => starts),
    none.start,
  );
  const end = logSum(
    windows.map(({ ends }) => ends),
    none.end,
  );
  const characters = charactersBefore(text);
  return {
    text: text.slice(best.start, best.end),
    start: characters[best.start]!,
    end: characters[best.end]!,
    score: Math.exp(best.logit - start - end),
  };
}

const sumOf = ({ start, end }: WindowLogits['none']): number => start + end;

/** Logarithm of the sum of the exponentials of all values and `further`. */
function logSum(values: readonly Float32Array[], further: number): number {
  let most = further;
  for (const part of values) for (const value of part) most = Math.max(most, value);
  let sum = Math.exp(further - most);
  for (const part of values) for (const value of part) sum += Math.exp(value - most);
  return most + Math.log(sum);
}
