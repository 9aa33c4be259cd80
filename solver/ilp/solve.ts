import type { Problem, Solution } from '../documents/problem.ts';
import { toCore } from './core.ts';
import { choiceDescriber } from './describe.ts';
import { type Glpk, glpk } from './glpk.ts';
import { explainInfeasible } from './infeasible.ts';
import { maximise } from './maximise.ts';

/** Solves integer programs, with GLPK loaded. */
export interface Solver {
  /**
   * Chooses one option per stage so that the objective (README, "Planning") is the largest, to a relative 1e-9. Of several
   * equal choices any may be returned.
   */
  solve(problem: Problem): Solution;
  /** The loaded GLPK, for callers that ask something else, such as whether a problem is feasible. */
  readonly glpk: Glpk;
}

/** Loads GLPK and makes a solver with it. In a browser this works only in a web worker. */
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
    ...choiceDescriber(problem)(choice.map((option) => option.index)),
    nodes,
    solveMs: performance.now() - startMs,
  };
}
