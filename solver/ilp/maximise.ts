import { type Core, reduce } from './core.ts';
import type { Glpk } from './glpk.ts';
import { type Found, search } from './search.ts';

/**
 * Finds the best choice of options in a core. The search takes logarithms of scores, so it cannot handle a score of 0. If scores
 * are multiplied, a choice with a score of 0 has the product 0, so the choice with the least total weight is at least as good.
 * The search starts from that choice, and then considers only options with positive scores.
 * @param above only a choice with a higher objective counts
 */
export function maximise(glpk: Glpk, core: Core, above?: number): Found {
  const hasZero = core.stages.some((options) => options.some((option) => option.score === 0));
  if (core.reward === 'sum' || !hasZero) return search(glpk, reduce(core), undefined, above);

  const unscored = core.stages.map((options) => options.map((option) => ({ ...option, score: 0, log: 0 })));
  const lightest = search(glpk, reduce({ ...core, stages: unscored, reward: 'sum', alpha: 0 }));
  const start = lightest.choice?.map((option, s) => core.stages[s]!.find((o) => o.index === option.index)!);
  const positive = core.stages.map((options) => options.filter((option) => option.score > 0));
  const found = search(glpk, reduce({ ...core, stages: positive }), start, above);
  return { ...found, nodes: found.nodes + lightest.nodes };
}
