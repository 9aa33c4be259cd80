import { chosenOptions } from './choose.ts';
import type { Profile } from './documents/profile.ts';
import type { FrontierPoint } from './documents/report.ts';
import { frontier } from './frontier.ts';
import type { Solver } from './ilp/solve.ts';
import { type PlanRequest, planOptions } from './options.ts';

/** Every Pareto-best choice of accuracy and cost that the program allows for a request, the most accurate first. */
export function profileFrontier(solver: Solver, profile: Profile, request: PlanRequest): FrontierPoint[] {
  const offered = planOptions(profile, request);
  if (offered.overloaded.length > 0) return [];
  return frontier(solver, offered.problem).map((point) => {
    const cells = chosenOptions(offered, point.choice).map(({ cell }) => cell);
    return {
      backends: [...(request.backends ?? new Set(profile.cells.map((cell) => cell.backend)))],
      variants: Object.fromEntries(cells.map((cell) => [cell.stage, cell.variant])),
      batches: Object.fromEntries(cells.map((cell) => [cell.stage, cell.batch])),
      accuracy: point.accuracy,
      cost: point.cost,
      boundMs: point.latencyMs,
    };
  });
}
