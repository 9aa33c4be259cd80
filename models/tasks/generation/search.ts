import type { GenerationRules } from './rules.ts';

/** The tokens that were generated for an item, without prompt and end. */
export interface Generated {
  readonly tokens: readonly number[];
  /** Geometric mean of the tokens' probabilities, from 0 to 1. */
  readonly score: number;
}

/** The rows of the next decoder step. */
export interface NextStep {
  /** For each row, the row of the last step that it continues. Rows that ended are left out; the order may change. */
  readonly from: readonly number[];
  /** The token of each row. */
  readonly tokens: readonly number[];
}

/** Chooses tokens from logits, step by step. A row that has ended stays ended. */
export interface Search {
  /** @param logits of each row, overwritten @returns null once all items have ended */
  advance(logits: readonly Float32Array[]): NextStep | null;
  /** For each item, what was generated. */
  results(): Generated[];
}

/** The likeliest token; of equal ones the first. */
export function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}

/**
 * The logarithm of the sum of a row's exponentials: a logit minus it is a log-probability. 0 if every token is forbidden.
 * @param most the largest logit
 */
export function logNormaliser(logits: Float32Array, most: number): number {
  if (most === Number.NEGATIVE_INFINITY) return 0;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - most);
  return most + Math.log(sum);
}

export const meanProbability = (logProbability: number, tokens: number): number =>
  tokens === 0 ? 1 : Math.exp(logProbability / tokens);

export const isEnd = ({ endIds }: GenerationRules, token: number): boolean => endIds.includes(token);
