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

interface Beam {
  readonly tokens: readonly number[];
  readonly logProbability: number;
}

/** A beam that has ended. */
interface Finished extends Beam {
  /** Log-probability ÷ (number of tokens, the end included)^length penalty. */
  readonly score: number;
  readonly chosen: number;
}

interface Candidate {
  readonly row: number;
  readonly token: number;
  readonly logProbability: number;
}

/** The open beams of an item, the likeliest first, and the best finished ones. */
interface ItemBeams {
  open: Beam[];
  finished: Finished[];
}

/** The result of an item without a finished beam, because the rules forbade every token. */
const NOTHING: Omit<Finished, 'score'> = { tokens: [], logProbability: Number.NEGATIVE_INFINITY, chosen: 1 };

/**
 * Beam search as in `transformers`. Each step ranks the 2 · beams best continuations of an item. A continuation that ends becomes
 * a finished beam if it is among the best `beams`; of the continuations that go on, the best `beams` stay open.
 */
export class BeamSearch implements Search {
  readonly #items: readonly ItemBeams[];

  constructor(
    items: number,
    private readonly rules: GenerationRules,
  ) {
    this.#items = Array.from({ length: items }, () => ({
      open: [{ tokens: [], logProbability: 0 }],
      finished: [],
    }));
  }

  advance(logits: readonly Float32Array[]): NextStep | null {
    const from: number[] = [];
    const tokens: number[] = [];
    let row = 0;
    for (const item of this.#items) {
      const first = row;
      row += item.open.length;
      if (item.open.length === 0) continue;
      const next = this.#extend(item, logits.slice(first, row));
      from.push(...next.map((candidate) => first + candidate.row));
      tokens.push(...next.map(({ token }) => token));
    }
    return from.length > 0 ? { from, tokens } : null;
  }

  results(): Generated[] {
    return this.#items.map(({ finished }) => {
      const best = finished[0] ?? NOTHING;
      return { tokens: best.tokens, score: meanProbability(best.logProbability, best.chosen) };
    });
  }

  /** Extends an item's beams by one token. @returns the beams that stay open; empty once the item has ended */
  #extend(item: ItemBeams, logits: readonly Float32Array[]): Candidate[] {
    const { beams, tokensMax } = this.rules;
    const chosen = item.open[0]!.tokens.length + 1;
    const best = this.#best(item, logits, 2 * beams);
    const next: Candidate[] = [];
    best.forEach((candidate, rank) => {
      const { tokens } = item.open[candidate.row]!;
      if (!isEnd(this.rules, candidate.token)) {
        if (next.length < beams) next.push(candidate);
      } else if (rank < beams)
        this.#finish(item, { tokens, logProbability: candidate.logProbability }, chosen);
    });
    const done = this.#isDone(item, best[0]?.logProbability ?? Number.NEGATIVE_INFINITY, chosen);
    const extended = next.map(({ row, token, logProbability }) => ({
      tokens: [...item.open[row]!.tokens, token],
      logProbability,
    }));
    if (!done && next.length > 0 && chosen < tokensMax) {
      item.open = extended;
      return next;
    }
    if (!done) for (const beam of extended) this.#finish(item, beam, chosen);
    item.open = [];
    return [];
  }

  /** The likeliest continuations of an item's beams, the best first. */
  #best({ open }: ItemBeams, logits: readonly Float32Array[], count: number): Candidate[] {
    const best: Candidate[] = [];
    open.forEach(({ tokens, logProbability }, row) => {
      const own = logits[row]!;
      // The rules apply after normalising, so that forbidding a token makes no other token likelier, unless `renormalised` asks
      // for that.
      normalise(own);
      constrain(own, tokens, this.rules);
      if (this.rules.renormalised) normalise(own);
      for (let token = 0; token < own.length; token++) {
        const whole = logProbability + own[token]!;
        if (whole === Number.NEGATIVE_INFINITY) continue;
        if (best.length === count && whole <= best[count - 1]!.logProbability) continue;
        const rank = best.findLastIndex((other) => other.logProbability >= whole) + 1;
        best.splice(rank, 0, { row, token, logProbability: whole });
        best.length = Math.min(best.length, count);
      }
    });
    return best;
  }

  #finish(item: ItemBeams, beam: Beam, chosen: number): void {
    const score = beam.logProbability / chosen ** this.rules.lengthPenalty;
    item.finished = [...item.finished, { ...beam, score, chosen }]
      .sort((a, b) => b.score - a.score)
      .slice(0, this.rules.beams);
  }

  /**
   * Whether the item ends. With fewer than `beams` finished beams it goes on. Otherwise it ends with early stopping, or, as in
   * `transformers`, if the best continuation would score no better at its present length than the worst finished beam.
   */
  #isDone({ finished }: ItemBeams, bestLogProbability: number, chosen: number): boolean {
    const { beams, earlyStopping, lengthPenalty } = this.rules;
    if (finished.length < beams) return false;
    return earlyStopping || finished.at(-1)!.score >= bestLogProbability / chosen ** lengthPenalty;
  }
}

/** Turns logits into log-probabilities, in place. */
function normalise(logits: Float32Array): void {
  const normaliser = logNormaliser(logits, logits[indexOfLargest(logits)]!);
  for (let token = 0; token < logits.length; token++) logits[token]! -= normaliser;
}
