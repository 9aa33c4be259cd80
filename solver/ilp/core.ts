import type { AccuracyMethod } from '../documents/plan.ts';
import type { Problem } from '../documents/problem.ts';
import { paretoBest } from '../math/pareto.ts';
import { mean, smallest, sum } from '../math/statistics.ts';

/** A sum may exceed its limit by this much, in the limit's unit, because of rounding errors. */
export const TOLERANCE = 1e-9;

/** An option of a stage, reduced to the numbers that the search needs. */
export interface CoreOption {
  /** Index of the option in the problem's stage. */
  readonly index: number;
  /** The option's accuracy, or the rank of that accuracy. */
  readonly score: number;
  /** ln score. */
  readonly log: number;
  /** The amount that the option takes off the objective: β · cost + δ · batch + switch cost. */
  readonly weight: number;
  /** How much of each limit the option uses. */
  readonly use: readonly number[];
}

/** A problem reduced to numbers: maximise reward(scores) − Σ weight, subject to Σ use ≤ limit for every limit. */
export interface Core {
  readonly stages: readonly (readonly CoreOption[])[];
  /** The problem's limits; an infinite one does not apply. */
  readonly limits: readonly number[];
  /**
   * `product`: the reward is α · Π score. `sum`: the reward is α · Σ score. For the mean of the accuracies, the reward is a sum,
   * and `alpha` is divided by the number of stages.
   */
  readonly reward: 'product' | 'sum';
  readonly alpha: number;
}

/**
 * Ranks of accuracies as in IPA (`normalize_accuracy` in its code): of n distinct accuracies in rising order, number k (from 0)
 * has rank k / (n − 1); a single one has rank 1. So the lowest has rank 0, which makes a product 0.
 */
export function ranks(accuracies: readonly number[]): number[] {
  const distinct = [...new Set(accuracies)].sort((a, b) => a - b);
  if (distinct.length === 1) return accuracies.map(() => 1);
  const rank = new Map(distinct.map((accuracy, k) => [accuracy, k / (distinct.length - 1)]));
  return accuracies.map((accuracy) => rank.get(accuracy)!);
}

/** The scores of a stage's options: their accuracies, or the ranks of these if the objective combines ranks. */
export function scores(options: readonly { readonly accuracy: number }[], method: AccuracyMethod): number[] {
  const accuracies = options.map(({ accuracy }) => accuracy);
  return method.startsWith('rank') ? ranks(accuracies) : accuracies;
}

/** Whether an objective multiplies the stages' scores; otherwise it adds them up or takes their mean. */
export const multiplies = (method: AccuracyMethod): boolean =>
  method === 'product' || method === 'rank-product';

/** The stages' scores combined as the objective says. */
export function combined(scores: readonly number[], method: AccuracyMethod): number {
  if (multiplies(method)) return scores.reduce((product, score) => product * score, 1);
  return method === 'mean' ? mean(scores) : sum(scores);
}

/** A field of an option that a limit may bound. */
export type LimitedTotal = 'latencyMs' | 'gpuShare' | 'cores' | 'busyCores' | 'threadShare' | 'memoryBytes';

/** The limits that a problem sets, each with the field of an option that counts against it. */
export function limitRows(problem: Omit<Problem, 'objective' | 'stages'>) {
  const rows: { limit: number | undefined; of: LimitedTotal }[] = [
    { limit: problem.slaMs, of: 'latencyMs' },
    { limit: problem.gpuShareMax, of: 'gpuShare' },
    { limit: problem.coresMax, of: 'cores' },
    { limit: problem.busyCoresMax, of: 'busyCores' },
    { limit: problem.threadShareMax, of: 'threadShare' },
    { limit: problem.memoryBytesMax, of: 'memoryBytes' },
  ];
  return rows.flatMap(({ limit, of }) => (limit === undefined ? [] : [{ limit, of }]));
}

export function toCore(problem: Problem): Core {
  const { alpha, beta, delta, accuracy } = problem.objective;
  const rows = limitRows(problem);
  return {
    stages: problem.stages.map(({ options }) => {
      const score = scores(options, accuracy);
      return options.map((option, index) => ({
        index,
        score: score[index]!,
        log: Math.log(score[index]!),
        weight: beta * option.cost + delta * option.batch + option.switchCost,
        use: rows.map(({ of }) => option[of]),
      }));
    }),
    limits: rows.map(({ limit }) => limit),
    reward: multiplies(accuracy) ? 'product' : 'sum',
    alpha: accuracy === 'mean' ? alpha / problem.stages.length : alpha,
  };
}

/** The objective's value for a choice of one option per stage. */
export function objectiveOf(core: Core, choice: readonly CoreOption[]): number {
  let weight = 0;
  let reward = core.reward === 'product' ? 1 : 0;
  for (const option of choice) {
    weight += option.weight;
    if (core.reward === 'product') reward *= option.score;
    else reward += option.score;
  }
  return core.alpha * reward - weight;
}

export const withinLimits = (core: Core, choice: readonly CoreOption[]): boolean =>
  core.limits.every(
    (limit, r) => choice.reduce((sum, option) => sum + option.use[r]!, 0) <= limit + TOLERANCE,
  );

/** For each limit of a core, the least that each of `stages` can use of it. */
export const leastUses = ({ limits }: Core, stages: Core['stages']): number[][] =>
  limits.map((_, r) => stages.map((options) => smallest(options.map(({ use }) => use[r]!))));

/**
 * Makes a core smaller without losing its best choice. It drops options that exceed a limit even if every other stage uses as
 * little as it can, limits that no choice exceeds, and dominated options: those that another option of the stage equals or beats
 * in score, weight and every limited resource. Of equal options the first stays. If a stage is left empty, no choice is feasible.
 */
export function reduce(core: Core): Core {
  const least = leastUses(core, core.stages);
  const fits = (option: CoreOption, s: number) =>
    core.limits.every((limit, r) => {
      const others = least[r]!.reduce((sum, use, other) => (other === s ? sum : sum + use), 0);
      return others + option.use[r]! <= limit + TOLERANCE;
    });
  const stages = core.stages.map((options, s) => options.filter((option) => fits(option, s)));
  const limits = core.limits.map((limit, r) => {
    const most = stages.reduce(
      (sum, options) => sum + options.reduce((max, option) => Math.max(max, option.use[r]!), 0),
      0,
    );
    return most > limit ? limit : Number.POSITIVE_INFINITY;
  });
  const rows = limits.flatMap((limit, r) => (limit < Number.POSITIVE_INFINITY ? [r] : []));
  return { ...core, limits, stages: stages.map((options) => undominated(options, rows)) };
}

/** The options that no other option equals or beats in score, weight and use of the limits `rows`. */
function undominated(options: readonly CoreOption[], rows: readonly number[]): CoreOption[] {
  const width = 2 + rows.length;
  const table = new Float64Array(options.length * width);
  for (const [o, { weight, score, use }] of options.entries()) {
    table[o * width] = weight;
    table[o * width + 1] = -score;
    for (const [c, r] of rows.entries()) table[o * width + 2 + c] = use[r]!;
  }
  return paretoBest(table, width, options.length).map((o) => options[o]!);
}
