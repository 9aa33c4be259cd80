import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { Solver } from '../../solver/ilp/solve.ts';
import { tryPlan } from '../../solver/plan/planner.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';

/** The most accurate plan on at most this many cores, whatever it costs; undefined if there is none. */
export function mostAccurate(
  solver: Solver,
  measured: IdentifiedProfile,
  { objective, resources, ...request }: PlanRequest,
  cores: number,
): Plan | undefined {
  const found = tryPlan(solver, measured, {
    ...request,
    objective: { ...objective, beta: 0 },
    resources: { ...resources, cores },
  });
  return 'binding' in found ? undefined : found;
}
