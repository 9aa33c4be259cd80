import { models } from '../../state/app.ts';
import { measuring, running } from '../../state/profiling.ts';
import { Section } from '../Section.tsx';
import { CellGrid } from './CellGrid.tsx';
import './own-models.css';
import { OwnModels } from './OwnModels.tsx';
import { Pipeline } from './Pipeline.tsx';
import { PipelineHead } from './PipelineHead.tsx';
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
      {manifest && (
        <>
          <PipelineHead manifest={manifest} />
          <Pipeline manifest={manifest} />
          <OwnModels manifest={manifest} />
        </>
      )}
      <div class="card run-card">
        <SettingsForm />
        <RunControls />
        {running.value && <CellGrid manifest={measuring.value!} />}
      </div>
    </Section>
  );
}
