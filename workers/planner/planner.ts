import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { loadSolver, type Solver } from '../../solver/ilp/solve.ts';
import { type IlpChoice, solveIlp } from '../../solver/plan/ilp-choice.ts';
import { plan } from '../../solver/plan/planner.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { SimulatedPlans } from '../../solver/plan/simulated-plans.ts';

/**
 * The plan that the integer program chose, not confirmed by simulation. The solver's own solution is left out, because no caller
 * of the planner needs it.
 */
export type SolvedPlan = Pick<IlpChoice, 'plan' | 'boundMs' | 'pas' | 'cost'>;

/** Plans on one profile in the thread that calls it: in Node, or in a web worker (GLPK cannot load on a page's own thread). */
export class Planner {
  /** Cache of the simulated plans, so that none is simulated twice. */
  readonly #simulated = new SimulatedPlans();

  private constructor(
    private readonly solver: Solver,
    private readonly measured: IdentifiedProfile,
  ) {}

  static async open(measured: IdentifiedProfile): Promise<Planner> {
    return new Planner(await loadSolver(), measured);
  }

  /**
   * The best plan for an SLA and rate. Its `predicted` says whether the plan keeps the SLA in the simulation.
   * @throws NothingMeasuredError, NoAccuracyError, InfeasiblePlanError
   */
  plan(request: PlanRequest): Plan {
    return plan(this.solver, this.measured, request, this.#simulated);
  }

  /**
   * The choice of the integer program alone. It takes milliseconds, because nothing is simulated.
   * @throws NothingMeasuredError, NoAccuracyError, InfeasiblePlanError
   */
  solve(request: PlanRequest): SolvedPlan {
    const { plan, boundMs, pas, cost } = solveIlp(this.solver, this.measured.profile, request);
    return { plan, boundMs, pas, cost };
  }
}
