import type { GenerationRules } from './rules.ts';

/** The tokens that a model generated for an item, without prompt and end. */
export interface Generated {
  readonly tokens: readonly number[];
  /** Geometric mean of the tokens' probabilities, that of the end included, from 0 to 1. */
  readonly score: number;
}

/** The rows of the next decoder step. */
export interface NextStep {
  /** For each row, the row of the last step that it continues. Rows that ended are left out; the order may change. */
  readonly from: readonly number[];
  /** The token last chosen for each row, which the step reads. */
  readonly tokens: readonly number[];
}

/** Chooses tokens from logits, step by step. A row that has ended stays ended. */
export interface Search {
  /** @param logits of each row, overwritten @returns null once all items have ended */
  advance(logits: readonly Float32Array[]): NextStep | null;
  /** The generated tokens of each item. */
  results(): Generated[];
}

/** The sum leaves out logits this far below the largest: even a million of them add less than 2e-8. */
const REACH = 32;
const STEPS_PER_UNIT = 64;
/** e^(−x) for x = 0, 1 / STEPS_PER_UNIT, 2 / STEPS_PER_UNIT and so on, below REACH. */
const POWERS = Float64Array.from({ length: REACH * STEPS_PER_UNIT }, (_, i) => Math.exp(-i / STEPS_PER_UNIT));

/**
 * Returns log(Σ exp(logit)) of a row; a logit minus this value is a log-probability. 0 if every token is forbidden. Each
 * exponential is a table's value times a Taylor polynomial of degree 3, exact to 1e-8, because Math.exp takes more than twice as
 * long, and a row has a logit for each token of the vocabulary.
 * @param most the largest logit
 */
export function logNormaliser(logits: Float32Array, most: number): number {
  if (most === Number.NEGATIVE_INFINITY) return 0;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    const below = most - logits[i]!;
    if (below < REACH) {
      const place = Math.floor(below * STEPS_PER_UNIT);
      const rest = below - place / STEPS_PER_UNIT;
      sum += POWERS[place]! * (1 - rest * (1 - (rest / 2) * (1 - rest / 3)));
    }
  }
  return most + Math.log(sum);
}

export const meanProbability = (logProbability: number, tokens: number): number =>
  tokens === 0 ? 1 : Math.exp(logProbability / tokens);

export const isEnd = ({ endIds }: GenerationRules, token: number): boolean => endIds.includes(token);
