import type { Plan } from '../../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../../solver/documents/profile.ts';
import { planRequest, resourcesOf } from '../../../solver/plan/request.ts';
import { Planner } from '../../../workers/planner/planner.ts';
import { claimSettings, type GivenSettings, imageSettings } from '../settings.ts';
import type { ResourceSpec } from './schema.ts';

/** Whether a plan fulfils the spec. With `adapt`, plans follow the load, so that the plan's rate may differ from the spec's. */
export function answers(plan: Plan, spec: ResourceSpec, { profile, sha256 }: IdentifiedProfile): boolean {
  const cores = spec.cores ?? resourcesOf(profile).cores;
  return (
    plan.profile.sha256 === sha256 &&
    plan.slaMs === spec.slaMs &&
    plan.percentile === spec.percentile &&
    plan.resources.cores === cores &&
    (spec.adapt || plan.ratePerS === spec.ratePerS)
  );
}

/** @throws InfeasiblePlanError, NothingMeasuredError */
export async function planFor(spec: ResourceSpec, profile: IdentifiedProfile): Promise<Plan> {
  const { slaMs, ratePerS, percentile, cores } = spec;
  const request = planRequest(profile.profile, {
    ...{ slaMs, ratePerS, percentile },
    ...(cores !== undefined && { resources: { cores } }),
  });
  return (await Planner.open(profile)).plan({ ...request, apart: true });
}

export const settingsOf = ({ image, manifest, modelsClaim, nodeSelector }: ResourceSpec): GivenSettings => ({
  ...(image !== undefined && { image }),
  ...(manifest !== undefined && imageSettings(manifest)),
  ...(modelsClaim !== undefined && claimSettings(modelsClaim)),
  ...(nodeSelector !== undefined && { nodeSelector }),
});
