import { sha256Of } from '../../../solver/documents/manifest.ts';
import type { Plan, PlanStage } from '../../../solver/documents/plan.ts';
import { bytes, percent, weightsText } from '../../components/format.ts';
import { rowName } from '../../components/variants.ts';
import { models, profile } from '../../state/app.ts';

/** The size, weights and accuracy of the plan's variant at each stage. */
export function PlanModels({ stages }: Pick<Plan, 'stages'>) {
  return (
    <ul class="muted plan-models">
      {stages.map((stage) => (
        <li key={stage.name}>
          <strong>{rowName(stage)}</strong>: {[stage.variant, ...factsOf(stage)].join(', ')}
        </li>
      ))}
    </ul>
  );
}

function factsOf({ sha256, accuracy }: PlanStage): string[] {
  const measured = profile.value?.stages.flatMap(({ variants }) => variants);
  const chosen = models.value?.manifest.stages.flatMap(({ variants }) => variants);
  const profiled = measured?.find((variant) => variant.sha256 === sha256);
  // A profile does not record the weights. The manifest does, if the profile's pipeline is the chosen one.
  const variant = chosen?.find((one) => sha256Of(one) === sha256);
  const published = percent(profiled?.accuracy.published ?? accuracy);
  return [
    ...(profiled ? [bytes(profiled.sizeBytes)] : []),
    ...(variant ? [weightsText(variant)] : []),
    `accuracy ${percent(accuracy)}${published === percent(accuracy) ? '' : ` measured, ${published} published`}`,
  ];
}
