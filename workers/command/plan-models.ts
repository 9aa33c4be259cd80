import type { Manifest } from '../../solver/documents/manifest.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import { manifestMismatches } from '../../solver/plan/mismatches.ts';
import { UsageError } from './exit.ts';

/** Checks that a plan and a manifest have the same stages and model files. @throws UsageError if they differ */
export function checkPipeline(plan: Plan, manifest: Manifest): void {
  const reasons = manifestMismatches(plan, manifest);
  if (reasons.length > 0)
    throw new UsageError(
      `The plan does not fit the manifest:\n${reasons.map((reason) => `  ${reason}`).join('\n')}\n` +
        "Give the plan's manifest with --manifest, or profile and plan again with its models.",
    );
}
