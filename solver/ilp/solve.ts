import type { Problem, Solution } from '../documents/problem.ts';
import { scores, toCore } from './core.ts';
import { type Glpk, glpk } from './glpk.ts';
import { explainInfeasible } from './infeasible.ts';
import { maximise } from './maximise.ts';

/** Solves where it is called, without waiting. */
export interface Solver {
  /**
   * The choice of one option per stage with the largest objective (design.md, "What is solved"): within 1e-9 of the
   * largest, relatively. Which of equal choices is taken is not said.
   */
  solve(problem: Problem): Solution;
  /** For what else has to be solved of a problem. */
  readonly glpk: Glpk;
}

/** Loads GLPK, then solves synchronously. In a browser: in a worker. */
export async function loadSolver(): Promise<Solver> {
  const engine = await glpk();
  return { glpk: engine, solve: (problem) => solve(engine, problem) };
}

function solve(engine: Glpk, problem: Problem): Solution {
  const startMs = performance.now();
  const { choice, objective, bound, nodes } = maximise(engine, toCore(problem));
  if (!choice) {
    const why = explainInfeasible(engine, problem);
    return { status: 'infeasible', ...why, solveMs: performance.now() - startMs };
  }
  return {
    status: 'optimal',
    objective,
    bound,
    ...described(
      problem,
      choice.map((option) => option.index),
    ),
    nodes,
    solveMs: performance.now() - startMs,
  };
}

/** A choice in a problem's words. */
export interface Described {
  /** Option's id by stage. */
  readonly choice: Record<string, string>;
  /** By the objective's method: PAS for `product`. */
  readonly accuracy: number;
  readonly cost: number;
  readonly latencyMs: number;
}

export function described(problem: Problem, indices: readonly number[]): Described {
  const { accuracy: method } = problem.objective;
  const chosen = problem.stages.map((stage, s) => stage.options[indices[s]!]!);
  const reached = problem.stages.map(
    (stage, s) =>
      scores(
        stage.options.map((option) => option.accuracy),
        method,
      )[indices[s]!]!,
  );
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
}
