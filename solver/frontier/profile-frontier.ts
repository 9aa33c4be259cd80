import type { Profile } from '../documents/profile.ts';
import type { FrontierPoint } from '../documents/report.ts';
import { type PlanRequest, planOptions } from '../plan/options.ts';
import { chosenOptions } from '../plan/program.ts';
import { layoutOf } from '../plan/worker-sharing.ts';
import { frontier } from './frontier.ts';

/**
 * Every choice that the program allows for a request and that is Pareto-best in accuracy, cost and latency bound, by rising
 * cost, then bound. Those of any shorter SLA are among them. None where nothing is feasible.
 * @throws NothingMeasuredError, FrontierTooLargeError
 */
export function profileFrontier(measured: Profile, asked: PlanRequest): FrontierPoint[] {
  const { profile, request } = layoutOf(measured, asked);
  const offered = planOptions(profile, request);
  if (offered.overloaded.length > 0) return [];
  const backends = [...(request.backends ?? new Set(profile.cells.map((cell) => cell.backend)))];
  return frontier(offered.problem).map(({ choice, accuracy, cost, latencyMs, weights }) => {
    const cells = chosenOptions(offered, choice).map(({ cell }) => cell);
    return {
      backends,
      variants: Object.fromEntries(cells.map((cell) => [cell.stage, cell.variant])),
      batches: Object.fromEntries(cells.map((cell) => [cell.stage, cell.batch])),
      accuracy,
      cost,
      boundMs: latencyMs,
      weights,
    };
  });
}
