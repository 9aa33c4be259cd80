import type { Plan } from '../../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../../solver/documents/profile.ts';
import { planRequest, resourcesOf } from '../../../solver/plan/request.ts';
import { untilEnd } from '../../../workers/executor/clock.ts';
import { openPlanner } from '../../../workers/planner/node.ts';
import type { ResourceSpec } from './schema.ts';

/** Whether a plan fulfils the spec. With `adapt`, plans follow the load, so that the plan's rate may differ from the spec's. */
export function answers(plan: Plan, spec: ResourceSpec, { profile, sha256 }: IdentifiedProfile): boolean {
  const cores = spec.cores ?? resourcesOf(profile).cores;
  return (
    plan.profile.sha256 === sha256 &&
    plan.slaMs === spec.slaMs &&
    plan.percentile === spec.percentile &&
    (plan.body ?? 'binary') === spec.body &&
    (plan.downshift ?? false) === spec.downshift &&
    plan.resources.cores === cores &&
    (spec.adapt || plan.ratePerS === spec.ratePerS)
  );
}

/**
 * Plans in a child process, because this process must renew its Lease meanwhile. The child ends when the signal aborts.
 * @throws InfeasiblePlanError, NothingMeasuredError, WorkerLostError
 */
export async function planFor(
  spec: ResourceSpec,
  profile: IdentifiedProfile,
  signal: AbortSignal,
): Promise<Plan> {
  const { slaMs, ratePerS, percentile, body, downshift, cores } = spec;
  const request = planRequest(profile.profile, {
    ...{ slaMs, ratePerS, percentile, body, downshift },
    ...(cores !== undefined && { resources: { cores } }),
  });
  const planner = openPlanner();
  return untilEnd(
    () => planner.close(),
    signal,
    () => planner.plan(profile, { ...request, apart: true }),
  );
}
