import { useState } from 'preact/hooks';
import { attempt } from '../../state/app.ts';
import { busy } from '../../state/pipelines/adding.ts';
import { newPipelines } from '../../state/pipelines/changes.ts';
import { FileButton } from '../controls/FileButton.tsx';

interface Chosen {
  readonly files: readonly File[];
  /** What each model takes, gives and consists of. */
  readonly words: readonly string[];
}

/** Makes a pipeline of ONNX models that classify pictures, without a manifest. */
export function NewPipelineForm() {
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const choose = (files: File[]) =>
    void attempt(async () => {
      const { graphText, seeModels } = await newPipelines();
      const words = (await seeModels(files)).map(({ file, graph }) => `${file} ${graphText(graph)}.`);
      setChosen({ files, words });
    });
  const make = (data: readonly File[]) =>
    void attempt(async () => {
      await (await newPipelines()).makePipeline(chosen!.files, data);
      setChosen(null);
    });
  return (
    <section class="new-pipeline" aria-label="A new pipeline without a manifest">
      <p>
        <strong>A new pipeline without a manifest:</strong> choose models that classify pictures, then a
        folder that has a folder of pictures for each class. The page makes manifest, sums and pack. You can
        also drop both on the page together.
      </p>
      {chosen?.words.map((one) => (
        <p key={one} class="muted">
          {one}
        </p>
      ))}
      <div class="buttons">
        <FileButton
          label="Choose models"
          accept=".onnx,.onnx_data,.data"
          multiple
          disabled={busy.value}
          onFiles={choose}
        />
        {chosen && (
          <>
            <FileButton label="Choose pictures by class" folder disabled={busy.value} onFiles={make} />
            <button type="button" disabled={busy.value} onClick={() => make([])}>
              Go on without labels
            </button>
          </>
        )}
      </div>
    </section>
  );
}
