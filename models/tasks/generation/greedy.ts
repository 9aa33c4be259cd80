import { indexOfLargest } from '../tensor.ts';
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

/** Greedy search: takes the likeliest token of each row in each step. */
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
    const on: number[] = [];
    this.#open.forEach((row, r) => {
      const own = logits[r]!;
      constrain(own, row.tokens, this.rules);
      const token = indexOfLargest(own);
      row.logProbability += own[token]! - logNormaliser(own, own[token]!);
      row.chosen++;
      if (isEnd(this.rules, token)) return;
      row.tokens.push(token);
      if (row.chosen < this.rules.tokensMax) on.push(r);
    });
    const from = inPlace(on);
    this.#open = from.map((r) => this.#open[r]!);
    return from.length > 0 ? { from, tokens: this.#open.map(({ tokens }) => tokens.at(-1)!) } : null;
  }

  results(): Generated[] {
    return this.#rows.map(({ tokens, logProbability, chosen }) => ({
      tokens,
      score: meanProbability(logProbability, chosen),
    }));
  }
}

/**
 * Orders the remaining rows so that few of them move, because moving a row copies its keys and values. A row keeps its place if
 * possible; the last rows take the places of rows that ended.
 * @param rows places of the remaining rows in the previous step, in ascending order
 */
function inPlace(rows: readonly number[]): number[] {
  const staying = new Set(rows.filter((row) => row < rows.length));
  const moving = rows.slice(staying.size);
  return Array.from(rows, (_, place) => (staying.has(place) ? place : moving.shift()!));
}
