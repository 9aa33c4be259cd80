import type { Problem, Solution } from '../documents/problem.ts';
import { toCore } from './core.ts';
import { choiceDescriber } from './describe.ts';
import { type Glpk, glpk } from './glpk.ts';
import { explainInfeasible } from './infeasible.ts';
import { maximise } from './maximise.ts';

/** The integer program, with GLPK loaded. */
export interface Solver {
  /**
   * Chooses one option per stage, with the largest objective (README, "Planning") to a relative 1e-9. Which of several equal
   * choices is returned is not defined.
   */
  solve(problem: Problem): Solution;
  /** For other questions about a problem, e.g. whether it is feasible. */
  readonly glpk: Glpk;
}

/** Loads GLPK. In a browser this works only in a web worker. */
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
