import type { LoadedManifest } from '../../models/manifests/load.ts';
import { modelsOf } from '../../solver/documents/manifest.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { planMismatches, profileMismatches, replanRequest, type Target } from '../../solver/plan/replan.ts';
import { readJson } from '../../workers/command/files.ts';
import type { Environment } from '../../workers/environment/environment.ts';
import { Planner } from '../../workers/planner/planner.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import type { Store } from '../../workers/store/store.ts';
import { PlanRefusedError } from './errors.ts';

/** Describes this machine and these models, to compare with those that a plan was made for. */
export async function localTarget({ manifest }: LoadedManifest, environment: Environment): Promise<Target> {
  const probe = await environment.spawn('probe', 1);
  try {
    const device = await environment.describe(probe.info);
    return { pipeline: manifest.name, stages: modelsOf(manifest), device };
  } finally {
    probe.terminate();
  }
}

const REPLAN = 'Plan again on a profile of this machine: ipa-agent serve --replan does both.';

/** Refuses a plan for other models or another device. @param source name of the plan in errors @throws PlanRefusedError */
export function checkPlan(plan: Plan, source: string, target: Target): void {
  const reasons = planMismatches(plan, target);
  if (reasons.length > 0) throw new PlanRefusedError(source, reasons, REPLAN);
}

/** Reads a profile, which must be of this machine and these models. @throws PlanRefusedError, UsageError, InvalidDocumentError */
export async function readProfile(path: string, target: Target): Promise<IdentifiedProfile> {
  const profile = await readJson(path, parseIdentified);
  const reasons = profileMismatches(profile.profile, target);
  if (reasons.length > 0)
    throw new PlanRefusedError(`A plan on ${path}`, reasons, 'Profile this machine: ipa-agent profile.');
  return profile;
}

/** Finds the newest profile of this machine and these models in a store. @param id only the profile with this id */
export async function keptProfile(
  store: Store,
  target: Target,
  id?: string,
): Promise<IdentifiedProfile | undefined> {
  for (const entry of await store.listProfiles()) {
    if (entry.pipeline !== target.pipeline || (id !== undefined && entry.id !== id)) continue;
    const profile = await store.loadProfile(entry.id);
    if (profileMismatches(profile.profile, target).length === 0) return profile;
  }
  return undefined;
}

/** Plans for the same SLA and rate as an earlier plan, on another profile. @throws InfeasiblePlanError, NothingMeasuredError */
export const replan = async (plan: Plan, profile: IdentifiedProfile): Promise<Plan> =>
  (await Planner.open(profile)).plan(replanRequest(plan, profile.profile));
