import type { LoadedManifest } from '../../models/manifests/load.ts';
import { modelsOf } from '../../solver/documents/manifest.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import { planMismatches, type Target } from '../../solver/plan/mismatches.ts';
import type { Environment } from '../../workers/environment/environment.ts';
import { nodeRuntimeInfo } from '../../workers/runtime/node-info.ts';
import { PlanRefusedError } from './errors.ts';

/** Describes this machine and these models, to compare with those that a plan was made for. */
export async function localTarget({ manifest }: LoadedManifest, environment: Environment): Promise<Target> {
  const device = await environment.describe(nodeRuntimeInfo());
  return { pipeline: manifest.name, stages: modelsOf(manifest), device };
}

const REPLAN = 'Plan again on a profile of this machine: ipa-agent serve --replan does both.';
const otherManifest = (pipeline: string): string =>
  `Give a plan of ${pipeline}, or start the agent with the manifest of the plan: --manifest.`;

/**
 * Refuses a plan for other models or another device, or with too many workers or threads for this one.
 * @param source name of the plan in errors
 * @param remedy what to do if the plan is of this pipeline
 * @throws PlanRefusedError
 */
export function checkPlan(plan: Plan, source: string, target: Target, remedy = REPLAN): void {
  const reasons = planMismatches(plan, target);
  if (reasons.length === 0) return;
  throw new PlanRefusedError(
    source,
    reasons,
    plan.pipeline === target.pipeline ? remedy : otherManifest(target.pipeline),
  );
}
