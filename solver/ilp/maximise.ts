import { type Core, reduce } from './core.ts';
import type { Glpk } from './glpk.ts';
import { type Found, search } from './search.ts';

/**
 * The best choice of a core. A product's logarithm needs scores over 0, so choices with a zero in them are looked at
 * apart: all of those have the product 0, and the lightest choice at all is at least as good as any of them.
 */
export function maximise(glpk: Glpk, core: Core): Found {
  const hasZero = core.stages.some((options) => options.some((option) => option.score === 0));
  if (core.reward === 'sum' || !hasZero) return search(glpk, reduce(core));

  const blind = core.stages.map((options) => options.map((option) => ({ ...option, score: 0, log: 0 })));
  const lightest = search(glpk, reduce({ ...core, stages: blind, reward: 'sum', alpha: 0 }));
  const seen = lightest.choice?.map((option, s) => core.stages[s]!.find((o) => o.index === option.index)!);
  const positive = core.stages.map((options) => options.filter((option) => option.score > 0));
  const found = search(glpk, reduce({ ...core, stages: positive }), seen);
  return { ...found, nodes: found.nodes + lightest.nodes };
}
