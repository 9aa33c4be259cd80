import type { Problem, Solution } from '../documents/problem.ts';
import { toCore } from './core.ts';
import { choiceDescriber } from './describe.ts';
import { type Glpk, glpk } from './glpk.ts';
import { explainInfeasible, type MemoryUnit } from './infeasible.ts';
import { maximise } from './maximise.ts';

export type Optimal = Extract<Solution, { status: 'optimal' }>;

/** Solves integer programs, with GLPK loaded. */
export class Solver {
  /** @param glpk the loaded GLPK, also for other questions, such as whether a problem is feasible */
  constructor(readonly glpk: Glpk) {}

  /**
   * Chooses one option per stage so that the objective (solver/README.md, "Planning") is the largest, to a relative 1e-9. Of
   * several equal choices any may be returned.
   * @param memory the unit of memory in the reason why a problem is infeasible
   */
  solve(problem: Problem, memory: MemoryUnit = 'bytes'): Solution {
    const startMs = performance.now();
    return (
      this.solveBetter(problem, Number.NEGATIVE_INFINITY) ?? {
        status: 'infeasible',
        ...explainInfeasible(this.glpk, problem, memory),
        solveMs: performance.now() - startMs,
      }
    );
  }

  /**
   * Finds the best choice as {@link Solver.solve} does if its objective is higher than `than`; otherwise returns undefined, in
   * less time.
   */
  solveBetter(problem: Problem, than: number): Optimal | undefined {
    const startMs = performance.now();
    const { choice, objective, bound, nodes } = maximise(this.glpk, toCore(problem), than);
    if (!choice) return undefined;
    return {
      status: 'optimal',
      objective,
      bound,
      ...choiceDescriber(problem)(choice.map((option) => option.index)),
      nodes,
      solveMs: performance.now() - startMs,
    };
  }
}

/** Loads GLPK and makes a solver with it. In a browser this works only in a web worker. */
export const loadSolver = async (): Promise<Solver> => new Solver(await glpk());
