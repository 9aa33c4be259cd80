import { models } from '../../state/app.ts';
import { running } from '../../state/profiling.ts';
import { Section } from '../Section.tsx';
import { CellGrid } from './CellGrid.tsx';
import { Pipeline } from './Pipeline.tsx';
import { RunControls } from './RunControls.tsx';
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
      <div class="card run-card">
        <SettingsForm />
        <RunControls />
        {manifest && running.value && <CellGrid manifest={manifest} />}
      </div>
    </Section>
  );
}
