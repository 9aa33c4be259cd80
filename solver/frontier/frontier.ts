import type { Problem } from '../documents/problem.ts';
import type { Weights } from '../documents/report.ts';
import { limitRows, scores, TOLERANCE } from '../ilp/core.ts';
import { type Described, describer } from '../ilp/describe.ts';
import { FrontierTooLargeError } from '../plan/errors.ts';
import { paretoBest } from './pareto.ts';
import { chosenWith } from './weights.ts';

export interface FrontierChoice extends Described {
  /** With which the program chooses it. */
  readonly weights: Weights | null;
}

/** Choices that are kept of the first so many stages, at most: they are compared pair by pair. */
const MOST = 10_000;

/**
 * Every choice of a problem that no other within its limits is as good as in accuracy, cost and latency: one for each
 * such triple, by rising cost, then latency. Of the objective only its accuracy method counts, not its weights.
 * Nothing within the limits: none.
 *
 * A dynamic programme over the stages: of the choices for the first so many, one that another is as good as in the
 * three and in what it uses can be left out, as whatever follows does the same to both.
 * @throws FrontierTooLargeError
 */
export function frontier(problem: Problem): FrontierChoice[] {
  const table = columns(problem);
  const fronts: Front[] = [];
  for (const s of problem.stages.keys())
    fronts.push(extended(problem, table, s, fronts.at(-1) ?? table.start));
  const describe = describer(problem);
  const points = Array.from(fronts.at(-1)!.option, (_, i) => describe(optionsOf(fronts, i)));
  const weights = chosenWith(points);
  return points.map((point, i) => ({ ...point, weights: weights[i]! }));
}

/** Columns of an option and of a choice: cost, score, latency, then what is used of each limited resource but time. */
const SCORE = 1;
const USE = 3;

/** Choices for the first so many stages. */
interface Front {
  /** Their columns, one choice after the other. */
  readonly sums: Float64Array;
  /** Which choice for the stages before it each goes on with, and by which option. */
  readonly before: Uint32Array;
  readonly option: Uint32Array;
}

type Columns = ReturnType<typeof columns>;

function columns(problem: Problem) {
  const { accuracy: method } = problem.objective;
  const rows = limitRows(problem).filter(({ of }) => of !== 'latencyMs');
  const stages = problem.stages.map(({ options }) => {
    const score = scores(
      options.map((option) => option.accuracy),
      method,
    );
    return options.map((o, i) => [o.cost, score[i]!, o.latencyMs, ...rows.map(({ of }) => o[of])]);
  });
  const width = USE + rows.length;
  const multiplied = method === 'product' || method === 'rank-product';
  /** Of the stages from `s` on, the least or the most there is in a column. */
  const rest = (s: number, extreme: (...values: number[]) => number) =>
    Array.from({ length: width }, (_, c) =>
      stages.slice(s).reduce((sum, options) => sum + extreme(...options.map((option) => option[c]!)), 0),
    );
  const none = new Float64Array(width);
  if (multiplied) none[SCORE] = 1;
  return {
    stages,
    width,
    multiplied,
    rest,
    limits: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, problem.slaMs, ...rows.map((r) => r.limit)],
    start: { sums: none, before: new Uint32Array(1), option: new Uint32Array(1) },
  };
}

/** The best choices for the stages up to `s` from those for the stages before it. */
function extended(problem: Problem, table: Columns, s: number, front: Front): Front {
  const { stages, width, multiplied, rest, limits } = table;
  const options = stages[s]!;
  const least = rest(s + 1, Math.min);
  const most = rest(s + 1, Math.max);
  const all = front.option.length * options.length;
  const sum = (i: number, option: readonly number[], c: number) => {
    const before = front.sums[i * width + c]!;
    return multiplied && c === SCORE ? before * option[c]! : before + option[c]!;
  };

  // What the choices are compared by.
  const keys = new Float64Array(all * width);
  const pairs = new Uint32Array(all);
  let fitting = 0;
  for (let pair = 0; pair < all; pair++) {
    const i = Math.floor(pair / options.length);
    const option = options[pair % options.length]!;
    const at = fitting * width;
    let fits = true;
    for (let c = 0; c < width && fits; c++) {
      const value = sum(i, option, c);
      // Before the last stage the sums are in another order than in the end: the rounding of that is allowed for.
      fits = c === SCORE || value + least[c]! <= limits[c]! + (s < stages.length - 1 ? 2 : 1) * TOLERANCE;
      // What is used counts only as far as the stages to come could exceed the limit with it.
      keys[at + c] = rounded(
        c === SCORE ? -value : c < USE ? value : Math.max(0, value + most[c]! - limits[c]! - TOLERANCE),
      );
    }
    if (fits) pairs[fitting++] = pair;
  }
  const best = paretoBest(keys, width, fitting, MOST);
  if (!best) throw new FrontierTooLargeError(problem.stages[s]!.name, MOST);

  const before = Uint32Array.from(best, (row) => Math.floor(pairs[row]! / options.length));
  const option = Uint32Array.from(best, (row) => pairs[row]! % options.length);
  const sums = Float64Array.from({ length: best.length * width }, (_, at) => {
    const row = Math.floor(at / width);
    return sum(before[row]!, options[option[row]!]!, at % width);
  });
  return { sums, before, option };
}

/** To 43 bits: equal sums differ in their last bits where their terms are in another order. */
function rounded(value: number): number {
  const high = value * (2 ** 10 + 1);
  return high - (high - value);
}

/** The option of each stage of the i-th choice of the last front. */
function optionsOf(fronts: readonly Front[], i: number): number[] {
  const options: number[] = [];
  for (const { before, option } of [...fronts].reverse()) {
    options.unshift(option[i]!);
    i = before[i]!;
  }
  return options;
}
