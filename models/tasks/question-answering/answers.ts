import { charactersBefore, type Span } from '../token-spans.ts';

/** A model's scores of one window of a text. */
export interface WindowLogits {
  /** Index in the text of the window's first token. */
  readonly from: number;
  /** For each token of the text, the logit that the answer starts with the token, and the logit that the answer ends with it. */
  readonly starts: Float32Array;
  readonly ends: Float32Array;
  /** The same logits of the row's first token, by which models say that the text has no answer. */
  readonly none: { readonly start: number; readonly end: number };
}

/** An answer in a text: its characters (Unicode code points) from `start` to before `end`. Both are 0 if there is no answer. */
export interface Answer extends Span {
  readonly text: string;
  /**
   * Probability of the answer's first token times that of its last one. Each is a softmax over the tokens of all windows and the
   * first token of the row that says least that there is no answer.
   */
  readonly score: number;
}

/** Most tokens of an answer, as in BERT's script for SQuAD. */
const TOKENS_MAX = 30;

/**
 * The answer with the largest sum of logits, over all windows (Devlin et al. 2019, https://arxiv.org/abs/1810.04805, sections 4.2
 * and 4.3).
 * @param spans of the text's tokens
 * @param unanswerable whether the text may have no answer; then the answer is empty if the first token's sum is larger than that
 * of any answer, in all windows
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
        // Tokens of white space alone are no answer.
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

/** Logarithm of the sum of exponentials. */
function logSum(values: readonly Float32Array[], further: number): number {
  let most = further;
  for (const part of values) for (const value of part) most = Math.max(most, value);
  let sum = Math.exp(further - most);
  for (const part of values) for (const value of part) sum += Math.exp(value - most);
  return most + Math.log(sum);
}
