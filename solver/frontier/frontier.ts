import type { Problem } from '../documents/problem.ts';
import type { Weights } from '../documents/report.ts';
import { limitRows, multiplies, scores, TOLERANCE } from '../ilp/core.ts';
import { choiceDescriber, type DescribedChoice } from '../ilp/describe.ts';
import { paretoBest } from '../math/pareto.ts';
import { largest, smallest } from '../math/statistics.ts';
import { FrontierTooLargeError } from '../plan/errors.ts';
import { choosingWeights } from './weights.ts';

interface FrontierChoice extends DescribedChoice {
  /** The interval of β in which the integer program chooses this point; null if no β does. */
  readonly weights: Weights | null;
}

/** A frontier with more choices than this is an error, because finding the best takes time for each pair of them. */
const POINTS_MAX = 10_000;

/**
 * The Pareto-best choices of a problem: the choices within its limits that no other choice within them equals or beats in
 * accuracy, cost and latency. Of choices that are equal in all three, only one is returned. The choices are sorted by rising
 * cost, then by falling accuracy. Of the objective, only the method that combines accuracies matters, not the weights.
 *
 * The algorithm is dynamic programming over the stages. Of two choices for the first stages, one is dropped if the other is at
 * least as good in accuracy, cost, latency and every limited resource, because the remaining stages add the same to both.
 * @throws FrontierTooLargeError
 */
export function paretoChoices(problem: Problem): DescribedChoice[] {
  const table = columns(problem);
  const fronts: Front[] = [];
  for (const s of problem.stages.keys())
    fronts.push(extended(problem, table, s, fronts.at(-1) ?? table.start));
  const describe = choiceDescriber(problem);
  return Array.from(fronts.at(-1)!.option, (_, i) => describe(optionsOf(fronts, i)));
}

/** The Pareto-best choices among those of one or several problems, as one frontier. */
export function merged<Choice extends DescribedChoice>(
  choices: readonly Choice[],
): (Choice & FrontierChoice)[] {
  const keys = choices.flatMap(({ cost, accuracy, latencyMs }) => [cost, -accuracy, latencyMs].map(rounded));
  const best = paretoBest(Float64Array.from(keys), 3, choices.length).map((row) => choices[row]!);
  const weights = choosingWeights(best);
  return best.map((point, i) => ({ ...point, weights: weights[i]! }));
}

/** Columns of the rows that describe options and choices: cost, score, latency, then the use of each limited resource. */
const SCORE = 1;
const USE = 3;

/** The Pareto-best choices for the first few stages. */
interface Front {
  /** The columns of all choices, one choice after the other. */
  readonly sums: Float64Array;
  /** Choice i adds option `option[i]` of this stage to choice `before[i]` of the front for the stages before. */
  readonly before: Uint32Array;
  readonly option: Uint32Array;
}

type Columns = ReturnType<typeof columns>;

function columns(problem: Problem) {
  const { accuracy: method } = problem.objective;
  const rows = limitRows(problem).filter(({ of }) => of !== 'latencyMs');
  const stages = problem.stages.map(({ options }) => {
    const score = scores(options, method);
    return options.map((o, i) => [o.cost, score[i]!, o.latencyMs, ...rows.map(({ of }) => o[of])]);
  });
  const width = USE + rows.length;
  const multiplied = multiplies(method);
  /** For each column, the sum over the stages from `s` on of the smallest or largest value among a stage's options. */
  const rest = (s: number, extreme: (values: readonly number[]) => number) =>
    Array.from({ length: width }, (_, c) =>
      stages.slice(s).reduce((sum, options) => sum + extreme(options.map((option) => option[c]!)), 0),
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

/** Extends the front for the stages before `s` by stage `s`. */
function extended(problem: Problem, table: Columns, s: number, front: Front): Front {
  const { stages, width, multiplied, rest, limits } = table;
  const options = stages[s]!;
  const least = rest(s + 1, smallest);
  const most = rest(s + 1, largest);
  const all = front.option.length * options.length;
  const sum = (i: number, option: readonly number[], c: number) => {
    const before = front.sums[i * width + c]!;
    return multiplied && c === SCORE ? before * option[c]! : before + option[c]!;
  };

  // Choices are compared by these keys; smaller keys are better.
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
      // The final sum adds in another order than `value + least`, so the tolerance covers both rounding errors.
      fits = c === SCORE || value + least[c]! <= limits[c]! + (s < stages.length - 1 ? 2 : 1) * TOLERANCE;
      // A resource matters only if the remaining stages could exceed its limit; otherwise the key is 0.
      const key = c < USE ? value : Math.max(0, value + most[c]! - limits[c]! - TOLERANCE);
      keys[at + c] = rounded(c === SCORE ? -key : key);
    }
    if (fits) pairs[fitting++] = pair;
  }
  const best = paretoBest(keys, width, fitting, POINTS_MAX);
  if (best.length > POINTS_MAX) throw new FrontierTooLargeError(problem.stages[s]!.name, POINTS_MAX);

  const before = Uint32Array.from(best, (row) => Math.floor(pairs[row]! / options.length));
  const option = Uint32Array.from(best, (row) => pairs[row]! % options.length);
  const sums = Float64Array.from({ length: best.length * width }, (_, at) => {
    const row = Math.floor(at / width);
    return sum(before[row]!, options[option[row]!]!, at % width);
  });
  return { sums, before, option };
}

/** Rounds to 43 bits, because sums of the same terms in another order differ in their last bits. */
function rounded(value: number): number {
  const high = value * (2 ** 10 + 1);
  return high - (high - value);
}

/** The options that make up choice `i` of the last front, one for each stage. */
function optionsOf(fronts: readonly Front[], i: number): number[] {
  const options: number[] = [];
  for (const { before, option } of [...fronts].reverse()) {
    options.unshift(option[i]!);
    i = before[i]!;
  }
  return options;
}
