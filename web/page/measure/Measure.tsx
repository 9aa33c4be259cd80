import { models } from '../../state/app.ts';
import { running } from '../../state/measure/profiling.ts';
import { Section } from '../frame/Section.tsx';
import { CellGrid } from './CellGrid.tsx';
import './measure.css';
import './own-models.css';
import { OwnModels } from './OwnModels.tsx';
import { Pipeline } from './Pipeline.tsx';
import { PipelineHead } from './PipelineHead.tsx';
import { RunControls } from './RunControls.tsx';
import { SettingsForm } from './SettingsForm.tsx';

/** The page's section "Measure": the pipeline, the settings, and the progress of a profile. */
export function Measure() {
  const manifest = models.value?.manifest;
  return (
    <Section
      id="measure"
      title="Measure"
      lead="Measures the latency of every variant of every stage, on each backend and at each batch size, and its accuracy on labelled examples."
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
        {running.value && <CellGrid {...running.value} />}
      </div>
    </Section>
  );
}
