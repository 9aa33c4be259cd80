import type { Problem } from '../documents/problem.ts';

/** Sums are compared with limits to this, in the limit's unit: design.md checks every answer so. */
export const TOLERANCE = 1e-9;

/** An option as the search sees it. */
export interface CoreOption {
  /** Its place in the problem's stage. */
  readonly index: number;
  /** Its accuracy, or the rank of it. */
  readonly score: number;
  /** ln score. */
  readonly log: number;
  /** What it takes from the objective: β · cost + δ · batch + switch cost. */
  readonly weight: number;
  /** Per row of the core. */
  readonly use: readonly number[];
}

/** A problem as numbers: maximise reward(scores) − Σ weight, subject to Σ use ≤ limit in every row. */
export interface Core {
  readonly stages: readonly (readonly CoreOption[])[];
  /** Infinite: no limit. */
  readonly limits: readonly number[];
  /** `product`: α · Π score. `sum`: α · Σ score, α already divided by the stages for a mean. */
  readonly reward: 'product' | 'sum';
  readonly alpha: number;
}

/**
 * Ranks as IPA makes them (its `normalize_accuracy`): distinct accuracies in rising order, the k-th of n gets
 * k / (n − 1), counted from 0; a single one gets 1. The lowest is therefore 0, and a product with it is 0.
 */
export function ranks(accuracies: readonly number[]): number[] {
  const distinct = [...new Set(accuracies)].sort((a, b) => a - b);
  if (distinct.length === 1) return accuracies.map(() => 1);
  const rank = new Map(distinct.map((accuracy, k) => [accuracy, k / (distinct.length - 1)]));
  return accuracies.map((accuracy) => rank.get(accuracy)!);
}

/** What the options of a stage count for in the objective: accuracies or their ranks. */
export const scores = (accuracies: readonly number[], method: Problem['objective']['accuracy']): number[] =>
  method === 'rank-sum' || method === 'rank-product' ? ranks(accuracies) : [...accuracies];

/** The limits that a problem sets, with what an option uses of each. */
export function limitRows(problem: Problem) {
  const rows: { limit: number | undefined; of: 'latencyMs' | 'gpuShare' | 'cores' | 'memoryBytes' }[] = [
    { limit: problem.slaMs, of: 'latencyMs' },
    { limit: problem.gpuShareMax, of: 'gpuShare' },
    { limit: problem.coresMax, of: 'cores' },
    { limit: problem.memoryBytesMax, of: 'memoryBytes' },
  ];
  return rows.flatMap(({ limit, of }) => (limit === undefined ? [] : [{ limit, of }]));
}

export function toCore(problem: Problem): Core {
  const { alpha, beta, delta, accuracy } = problem.objective;
  const rows = limitRows(problem);
  return {
    stages: problem.stages.map(({ options }) => {
      const score = scores(
        options.map((option) => option.accuracy),
        accuracy,
      );
      return options.map((option, index) => ({
        index,
        score: score[index]!,
        log: Math.log(score[index]!),
        weight: beta * option.cost + delta * option.batch + option.switchCost,
        use: rows.map(({ of }) => option[of]),
      }));
    }),
    limits: rows.map(({ limit }) => limit),
    reward: accuracy === 'product' || accuracy === 'rank-product' ? 'product' : 'sum',
    alpha: accuracy === 'mean' ? alpha / problem.stages.length : alpha,
  };
}

/** Objective of a choice, one option per stage. */
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

/**
 * Drops options that cannot be in any feasible choice, limits that no choice reaches, and options that another of the
 * stage is no worse than in score, weight and every limited resource. Of equals the first stays. Empty stages mean that
 * nothing is feasible. (design.md lists cost, batch and switch cost apart; the objective only knows their weighted sum.)
 */
export function reduce(core: Core): Core {
  const least = core.limits.map((_, r) =>
    core.stages.map((options) => Math.min(...options.map((option) => option.use[r]!))),
  );
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

function undominated(options: readonly CoreOption[], rows: readonly number[]): CoreOption[] {
  const noWorse = (a: CoreOption, b: CoreOption) =>
    a.score >= b.score && a.weight <= b.weight && rows.every((r) => a.use[r]! <= b.use[r]!);
  // Whatever dominates an option comes before it in this order, or equals it.
  const sorted = [...options].sort((a, b) => {
    if (a.weight !== b.weight) return a.weight - b.weight;
    if (a.score !== b.score) return b.score - a.score;
    for (const r of rows) if (a.use[r] !== b.use[r]) return a.use[r]! - b.use[r]!;
    return a.index - b.index;
  });
  const kept: CoreOption[] = [];
  for (const option of sorted) if (!kept.some((other) => noWorse(other, option))) kept.push(option);
  return kept;
}
