import type { Problem } from './documents/problem.ts';
import { type Core, type CoreOption, toCore } from './ilp/core.ts';
import { maximise } from './ilp/maximise.ts';
import { type Described, described, type Solver } from './ilp/solve.ts';

/** Costs nearer than this to each other, relatively, are one. */
const SAME_COST = 1e-9;

/**
 * Every choice of a problem that no other within its limits beats in both accuracy and cost, by rising cost: one for
 * each such pair of values. ε-constraint: the most accurate choice, the cheapest as accurate as that, then
 * the same among all that cost less, and so on. Only the objective's accuracy method counts, not its weights.
 * Nothing within the limits: none.
 */
export function frontier(solver: Solver, problem: Problem): Described[] {
  const core = toCore(problem);
  const costs = problem.stages.map(({ options }) => options.map((option) => option.cost));
  const costOf = (option: CoreOption, s: number) => costs[s]![option.index]!;
  const points: Described[] = [];
  let costMax = Number.MAX_VALUE;
  for (;;) {
    const { choice } = maximise(
      solver.glpk,
      costMax === Number.MAX_VALUE
        ? weighted(core, 1, () => 0)
        : limited(
            weighted(core, 1, () => 0),
            costMax,
            costOf,
          ),
    );
    if (!choice) return points.reverse();
    const cheapest = maximise(solver.glpk, asAccurateAs(weighted(core, 0, costOf), choice));
    const point = described(
      problem,
      cheapest.choice!.map((option) => option.index),
    );
    points.push(point);
    costMax = point.cost * (1 - SAME_COST) - SAME_COST;
    if (costMax < 0) return points.reverse();
  }
}

const mapOptions = (core: Core, change: (option: CoreOption, s: number) => CoreOption): Core => ({
  ...core,
  stages: core.stages.map((options, s) => options.map((option) => change(option, s))),
});

/** The core with another objective. */
const weighted = (core: Core, alpha: number, weight: (option: CoreOption, s: number) => number): Core =>
  mapOptions({ ...core, alpha }, (option, s) => ({ ...option, weight: weight(option, s) }));

/** The core with one more limit. */
const limited = (core: Core, limit: number, use: (option: CoreOption, s: number) => number): Core =>
  mapOptions({ ...core, limits: [...core.limits, limit] }, (option, s) => ({
    ...option,
    use: [...option.use, use(option, s)],
  }));

/** The core's choices that are at least as accurate as `choice`. */
function asAccurateAs(core: Core, choice: readonly CoreOption[]): Core {
  if (core.reward === 'product' && choice.some((option) => option.score === 0)) return core;
  const positive =
    core.reward === 'product'
      ? { ...core, stages: core.stages.map((options) => options.filter((option) => option.score > 0)) }
      : core;
  // As a limit: what the choice loses on the best scores together.
  const value = (option: CoreOption) => (core.reward === 'product' ? option.log : option.score);
  const best = positive.stages.map((options) => Math.max(...options.map(value)));
  const loss = (option: CoreOption, s: number) => best[s]! - value(option);
  return limited(
    positive,
    choice.reduce((sum, option, s) => sum + loss(option, s), 0),
    loss,
  );
}
