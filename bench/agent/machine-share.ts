import { rowsByIndex } from '../../solver/dispatch/rows.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { hopCoresMs, requestCostOf } from '../../solver/plan/serving.ts';
import { threadMsOf } from '../../solver/simulate/service.ts';

/**
 * The share of the profiled machine's cores that batches, serving and a client on the same machine are expected to take at the
 * rate of a plan.
 * @param clientMs core time of the client for a request
 */
export function machineShare(plan: Plan, profile: Profile, clientMs: number): number {
  const rows = rowsByIndex(plan.stages);
  const threadMs = threadMsOf(profile, rows);
  const requestMs = clientMs + (requestCostOf(profile, plan)?.coreMs ?? 0);
  const coreMs = rows.reduce((sum, row, r) => {
    if (!row) return sum;
    const { name, threads, batch, itemsPerS, serviceMs } = row;
    const podMs = hopCoresMs(profile, name, batch)?.podMs ?? 0;
    return sum + (itemsPerS / batch) * (serviceMs.at(-1)!.meanMs * threads + threadMs(r, batch) + podMs);
  }, plan.ratePerS * requestMs);
  return coreMs / 1000 / profile.device.logicalCores;
}
