import type { Manifest } from '../../models/manifest.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import { UsageError } from './exit.ts';

/** A plan and a manifest must speak of the same stages and model files. @throws UsageError */
export function checkPipeline(plan: Plan, manifest: Manifest): void {
  const stages = (of: readonly { readonly name: string }[]) => of.map(({ name }) => name).join(' → ');
  if (stages(plan.stages) !== stages(manifest.stages))
    throw new UsageError(
      `The plan is for ${plan.pipeline} (${stages(plan.stages)}), the manifest for ${manifest.name} ` +
        `(${stages(manifest.stages)}). Give the plan's manifest with --manifest.`,
    );
  plan.stages.forEach(({ name, variant, sha256 }, s) => {
    const found = manifest.stages[s]!.variants.find((v) => v.name === variant)?.sha256;
    if (found !== sha256)
      throw new UsageError(
        `The plan's model ${name}/${variant} has SHA-256 ${sha256}, the manifest's ${found ?? 'does not exist'}. ` +
          'Profile and plan again with the models that are to run.',
      );
  });
}
