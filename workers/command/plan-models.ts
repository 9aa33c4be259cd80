import { type Manifest, modelsOf } from '../../solver/documents/manifest.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import { planMismatches } from '../../solver/plan/replan.ts';
import { UsageError } from './exit.ts';

/** A plan and a manifest must speak of the same stages and model files, wherever they are to run. @throws UsageError */
export function checkPipeline(plan: Plan, manifest: Manifest): void {
  // How many workers a machine bears is not the question here.
  const place = { pipeline: manifest.name, stages: modelsOf(manifest), device: plan.profile.device };
  const reasons = planMismatches({ ...plan, workers: [] }, place);
  if (reasons.length > 0)
    throw new UsageError(
      `The plan does not fit the manifest:\n${reasons.map((reason) => `  ${reason}`).join('\n')}\n` +
        "Give the plan's manifest with --manifest, or profile and plan again with its models.",
    );
}
