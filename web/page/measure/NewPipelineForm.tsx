import { useState } from 'preact/hooks';
import { HUB_KINDS } from '../../../models/hub/kinds.ts';
import { attempt } from '../../state/app.ts';
import { isDescribed } from '../../state/files/model-folders.ts';
import { busy } from '../../state/pipelines/adding.ts';
import { newPipelines } from '../../state/pipelines/changes.ts';
import { FileButton } from '../controls/FileButton.tsx';

interface Chosen {
  readonly files: readonly File[];
  /** What each model takes, gives and consists of. */
  readonly words: readonly string[];
}

/** Makes a pipeline of ONNX models, without a manifest. */
export function NewPipelineForm() {
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [task, setTask] = useState('');
  const [prefix, setPrefix] = useState('');
  const choose = (files: File[]) =>
    void attempt(async () => {
      const { graphText, seeModels } = await newPipelines();
      const words = (await seeModels(files)).map(({ file, graph }) => `${file} ${graphText(graph)}.`);
      setChosen({ files, words });
    });
  const make = (data: readonly File[]) =>
    void attempt(async () => {
      await (await newPipelines()).makePipeline(chosen!.files, data, {
        task: task || undefined,
        prefix: prefix || undefined,
      });
      setChosen(null);
    });
  return (
    <section aria-label="A new pipeline without a manifest">
      <p>
        <strong>A new pipeline without a manifest:</strong> choose models with the files that their repository
        has beside them (config.json, tokenizer.json and the like; none for models that classify pictures),
        then labelled data: a folder of pictures for each class, boxes in the COCO format with their pictures,
        JSON lines, or sounds with transcripts. The page then writes the manifest and the labelled pack. You
        can also drop all of it on the page together.
      </p>
      {chosen?.words.map((one) => (
        <p key={one} class="muted small">
          {one}
        </p>
      ))}
      <div class="row end buttons">
        <FileButton
          label="Choose models"
          accept=".onnx,.onnx_data,.data,.json"
          multiple
          disabled={busy.value}
          onFiles={choose}
        />
        {chosen && (
          <>
            {isDescribed(chosen.files) && (
              <>
                <label class="field">
                  Task
                  <select value={task} onChange={({ currentTarget }) => setTask(currentTarget.value)}>
                    <option value="">as the model says</option>
                    {HUB_KINDS.map((kind) => (
                      <option key={kind.task}>{kind.task}</option>
                    ))}
                  </select>
                </label>
                <label class="field">
                  Text before each text
                  <input
                    maxLength={1000}
                    value={prefix}
                    onInput={({ currentTarget }) => setPrefix(currentTarget.value)}
                  />
                </label>
              </>
            )}
            <FileButton
              label="Choose a folder of labelled data"
              folder
              disabled={busy.value}
              onFiles={make}
            />
            <FileButton label="Choose labelled files" multiple disabled={busy.value} onFiles={make} />
            <button type="button" disabled={busy.value} onClick={() => make([])}>
              Go on without labels
            </button>
          </>
        )}
      </div>
    </section>
  );
}
