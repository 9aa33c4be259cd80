import { isDescribed } from '../../../models/hub/given/model-folders.ts';
import { readSize } from '../../../models/onnx/picture-input.ts';
import { plural } from '../../components/format.ts';
import { attempt } from '../../state/app.ts';
import { busy } from '../../state/pipelines/adding.ts';
import { newPipelines } from '../../state/pipelines/changes.ts';
import { ask, type ChosenModels, chosenModels } from '../../state/pipelines/chosen-models.ts';
import { SelectField, TextField } from '../controls/Field.tsx';
import { FileButton, MODEL_FILES } from '../controls/FileButton.tsx';
import { TaskField } from './HubForm.tsx';

async function chooseModels(files: readonly File[]): Promise<void> {
  chosenModels.value = await (await newPipelines()).seeModels(files);
}

/** Makes a pipeline of the chosen models. @param data labelled data; empty for none @throws the errors of `makePipeline` */
async function makeOfChosen(data: readonly File[]): Promise<void> {
  const { files, heads, asked } = chosenModels.value!;
  const classes = asked.classes.split('\n').map((name) => name.trim());
  await (await newPipelines()).makePipeline(files, data, {
    task: asked.task || undefined,
    prefix: asked.prefix || undefined,
    head: heads.find(({ format }) => format === asked.format),
    classes: classes.filter(Boolean),
    size: asked.size ? readSize(asked.size) : undefined,
  });
  chosenModels.value = null;
}

/** Form to make a pipeline from ONNX models. The page writes the manifest. */
export function NewPipelineForm() {
  const chosen = chosenModels.value;
  return (
    <>
      <p>
        Choose models with the files that their repository has beside them (config.json, tokenizer.json and
        the like; none for models that classify pictures or detect objects in a YOLO format), then labelled
        examples: pictures in a folder for each class, boxes in the COCO format with their pictures, JSON
        lines, or sounds with transcripts. The page writes the manifest and the labelled pack. You can also
        drop all of it on the page together.
      </p>
      {chosen?.words.map((one) => (
        <p key={one} class="muted small">
          {one}
        </p>
      ))}
      <div class="row end buttons">
        <FileButton
          label="Choose models"
          accept={MODEL_FILES}
          multiple
          disabled={busy.value}
          onFiles={chooseModels}
        />
        {chosen && (
          <>
            {isDescribed(chosen.files) && <DescribedFields asked={chosen.asked} />}
            {chosen.heads.length > 0 && <DetectorFields {...chosen} />}
            {chosen.anySize && (
              <TextField
                label="Width x height of its pictures"
                placeholder={chosen.heads.length > 0 ? '640x640' : '224x224'}
                value={chosen.asked.size}
                onValue={(size) => ask({ size })}
              />
            )}
            <FileButton
              label="Choose a folder of labelled data"
              folder
              disabled={busy.value}
              onFiles={makeOfChosen}
            />
            <FileButton label="Choose labelled files" multiple disabled={busy.value} onFiles={makeOfChosen} />
            <button type="button" disabled={busy.value} onClick={() => void attempt(() => makeOfChosen([]))}>
              Go on without labels
            </button>
          </>
        )}
      </div>
    </>
  );
}

function DescribedFields({ asked: { task, prefix } }: Pick<ChosenModels, 'asked'>) {
  return (
    <>
      <TaskField value={task} onValue={(value) => ask({ task: value })} />
      <TextField label="Text before each text" value={prefix} onValue={(value) => ask({ prefix: value })} />
    </>
  );
}

/** Questions about a detector in a YOLO format: its output format and the names of its classes. */
function DetectorFields({ heads, asked: { format, classes } }: Pick<ChosenModels, 'heads' | 'asked'>) {
  const head = heads.find((one) => one.format === format)!;
  return (
    <>
      <SelectField
        label="Output format"
        value={format}
        onValue={(value) => ask({ format: value })}
        options={heads.map((one) => [
          one.format,
          one.format === 'yolov8'
            ? `yolov8: [batch, 4 + ${plural(one.classes, 'class', 'classes')}, boxes]`
            : `yolov5: [batch, boxes, 5 + ${plural(one.classes, 'class', 'classes')}]`,
        ])}
      />
      <label class="field">
        Names of its {plural(head.classes, 'class', 'classes')}, one on each line, in the model's order
        <textarea
          rows={4}
          placeholder={'class 0\nclass 1\n…'}
          value={classes}
          onInput={({ currentTarget }) => ask({ classes: currentTarget.value })}
        />
      </label>
    </>
  );
}
