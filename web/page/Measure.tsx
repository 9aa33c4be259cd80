import type { Manifest } from '../../models/manifest.ts';
import { bytes, percent } from '../format.ts';
import { models } from '../state/app.ts';
import { RunControls } from './RunControls.tsx';
import { Section } from './Section.tsx';
import { SettingsForm } from './SettingsForm.tsx';

/** What is measured, how, and how far it is. */
export function Measure() {
  const manifest = models.value?.manifest;
  return (
    <Section
      id="measure"
      title="Measure"
      lead="Every variant of every stage, on each backend and batch size, with its accuracy on labelled scenes."
    >
      {manifest && <Pipeline manifest={manifest} />}
      <div class="card">
        <SettingsForm />
        <RunControls />
      </div>
    </Section>
  );
}

/** The stages in order, each with its variants. */
function Pipeline({ manifest }: { readonly manifest: Manifest }) {
  return (
    <ol class="pipeline">
      {manifest.stages.map((stage) => (
        <li key={stage.name} class="card">
          <h3>
            {stage.name} <span class="muted">{stage.task}</span>
          </h3>
          <ul class="variants">
            {stage.variants.map((variant) => (
              <li key={variant.name} title={variant.accuracySource}>
                <strong>{variant.name}</strong>
                <span>{percent(variant.accuracy)}</span>
                <span class="muted">{bytes(variant.sizeBytes)}</span>
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ol>
  );
}
