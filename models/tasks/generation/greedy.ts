import { constrain } from './constrain.ts';
import type { GenerationRules } from './rules.ts';
import {
  type Generated,
  isEnd,
  logNormaliser,
  meanProbability,
  type NextStep,
  type Search,
} from './search.ts';

interface Row {
  readonly tokens: number[];
  logProbability: number;
  /** Number of chosen tokens, the end included. */
  chosen: number;
}

/** Takes the likeliest token of each row. */
export class GreedySearch implements Search {
  readonly #rows: readonly Row[];
  /** The rows that have not ended, in the order of the last step. */
  #open: Row[];

  constructor(
    items: number,
    private readonly rules: GenerationRules,
  ) {
    this.#rows = Array.from({ length: items }, () => ({ tokens: [], logProbability: 0, chosen: 0 }));
    this.#open = [...this.#rows];
  }

  advance(logits: readonly Float32Array[]): NextStep | null {
    const from: number[] = [];
    const tokens: number[] = [];
    this.#open.forEach((row, r) => {
      const own = logits[r]!;
      constrain(own, row.tokens, this.rules);
      const token = largest(own);
      row.logProbability += own[token]! - logNormaliser(own);
      row.chosen++;
      if (isEnd(this.rules, token)) return;
      row.tokens.push(token);
      if (row.chosen === this.rules.tokensMax) return;
      from.push(r);
      tokens.push(token);
    });
    this.#open = from.map((r) => this.#open[r]!);
    return from.length > 0 ? { from, tokens } : null;
  }

  results(): Generated[] {
    return this.#rows.map(({ tokens, logProbability, chosen }) => ({
      tokens,
      score: meanProbability(logProbability, chosen),
    }));
  }
}

function largest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
