import type { Problem, Solution } from '../documents/problem.ts';
import { toCore } from './core.ts';
import { describer } from './describe.ts';
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
    ...describer(problem)(choice.map((option) => option.index)),
    nodes,
    solveMs: performance.now() - startMs,
  };
}
