import { models } from '../../state/app.ts';
import { running } from '../../state/measure/profiling.ts';
import { DeviceFold } from '../device/DeviceFold.tsx';
import { Obstacle } from '../device/Obstacle.tsx';
import { Section } from '../frame/Section.tsx';
import { CellGrid } from './CellGrid.tsx';
import './measure.css';
import './own-models.css';
import { Estimate } from './Estimate.tsx';
import { OwnModels } from './OwnModels.tsx';
import { Pipeline } from './Pipeline.tsx';
import { PipelineHead } from './PipelineHead.tsx';
import { PipelinePictures } from './PipelinePictures.tsx';
import { RunControls } from './RunControls.tsx';
import { SettingsForm } from './SettingsForm.tsx';

/**
 * The page's section "Measure". Its first screen says what the page is for, draws the pipeline, and starts a profile; the set-up
 * comes below it.
 */
export function Measure() {
  const manifest = models.value?.manifest;
  return (
    <Section
      id="measure"
      title="Which models can this device run fast enough?"
      lead="Each stage of a pipeline has several models to choose from. ipa-edge times them all, here in this browser, and finds the most accurate combination that is fast enough."
    >
      <div class="front-pipeline">
        {manifest && (
          <>
            <PipelineHead manifest={manifest} />
            <PipelinePictures models={models.value!} />
          </>
        )}
      </div>
      <RunControls />
      {running.value && <CellGrid {...running.value} />}
      <Obstacle />
      {manifest && (
        <section class="set-up" aria-labelledby="set-up-title">
          <h3 id="set-up-title">Set-up</h3>
          <p class="muted">What is measured. Start works without any change here.</p>
          <Pipeline manifest={manifest} />
          <OwnModels manifest={manifest} />
          <div class="card">
            <SettingsForm />
            <Estimate manifest={manifest} />
          </div>
          <DeviceFold />
        </section>
      )}
    </Section>
  );
}
