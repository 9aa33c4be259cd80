import type { Problem } from '../documents/problem.ts';
import { scores } from './core.ts';

/** A choice in a problem's words. */
export interface Described {
  /** Option's id by stage. */
  readonly choice: Record<string, string>;
  /** By the objective's method: PAS for `product`. */
  readonly accuracy: number;
  readonly cost: number;
  readonly latencyMs: number;
}

/** Tells a problem's choices, each given by the places of its options, in the problem's words. */
export function describer(problem: Problem): (indices: readonly number[]) => Described {
  const { accuracy: method } = problem.objective;
  const scored = problem.stages.map(({ options }) =>
    scores(
      options.map((option) => option.accuracy),
      method,
    ),
  );
  return (indices) => {
    const chosen = problem.stages.map((stage, s) => stage.options[indices[s]!]!);
    const reached = scored.map((ofStage, s) => ofStage[indices[s]!]!);
    const added = reached.reduce((sum, score) => sum + score, 0);
    return {
      choice: Object.fromEntries(problem.stages.map((stage, s) => [stage.name, chosen[s]!.id])),
      accuracy:
        method === 'product' || method === 'rank-product'
          ? reached.reduce((product, score) => product * score, 1)
          : method === 'mean'
            ? added / reached.length
            : added,
      cost: chosen.reduce((sum, option) => sum + option.cost, 0),
      latencyMs: chosen.reduce((sum, option) => sum + option.latencyMs, 0),
    };
  };
}
