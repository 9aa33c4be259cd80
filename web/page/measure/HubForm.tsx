import type { ComponentProps } from 'preact';
import { useState } from 'preact/hooks';
import { HUB_KINDS } from '../../../models/hub/kinds.ts';
import { type Dtype, dtype, type Manifest } from '../../../solver/documents/manifest.ts';
import { attempt } from '../../state/app.ts';
import { busy } from '../../state/pipelines/adding.ts';
import { addHubModel } from '../../state/pipelines/hub-models.ts';
import { SelectField, TextField } from '../controls/Field.tsx';

const HUB = 'https://huggingface.co';

/**
 * Initial values of the form's fields. An empty `stage` means a new pipeline, an empty `decoder` the encoder's weights, an empty
 * `token` none; any other empty field means the default of the model's repository.
 */
const EMPTY = {
  id: '',
  revision: '',
  weights: 'q8',
  decoder: '',
  stage: '',
  task: '',
  prefix: '',
  token: '',
  endpoint: HUB,
};

/** Selects the task of a model whose configuration does not name one. */
export const TaskField = (field: Pick<ComponentProps<typeof SelectField>, 'value' | 'onValue'>) => (
  <SelectField
    label="Task"
    {...field}
    options={[['', 'as the model says'], ...HUB_KINDS.map(({ task }) => task)]}
  />
);

/** Form to add a model of the Hugging Face hub by its id. The access token is never stored. */
export function HubForm({ manifest }: { readonly manifest: Manifest }) {
  const [fields, setFields] = useState(EMPTY);
  const { revision, weights, decoder, task, prefix, token, endpoint } = fields;
  const stage = manifest.stages.find(({ name }) => name === fields.stage)?.name ?? null;
  const field = (name: keyof typeof EMPTY) => ({
    value: fields[name],
    onValue: (value: string) => setFields((before) => ({ ...before, [name]: value })),
  });
  const send = () => {
    const id = fields.id.trim();
    return addHubModel({
      id: revision.trim() ? `${id}@${revision.trim()}` : id,
      endpoint,
      token: token.trim() || undefined,
      dtypes: decoder ? [weights as Dtype, decoder as Dtype] : [weights as Dtype],
      task: task || undefined,
      prefix: prefix || undefined,
      stage,
    });
  };
  return (
    <form
      class="row end"
      aria-label="A model of the hub"
      onSubmit={(event) => {
        event.preventDefault();
        void attempt(send);
      }}
    >
      <TextField label="Hugging Face model id" {...field('id')} required placeholder="Xenova/resnet-18" />
      <SelectField label="Weights" {...field('weights')} options={dtype.options} />
      <SelectField
        label="Add as"
        {...field('stage')}
        value={stage ?? ''}
        options={[
          ['', 'a new pipeline'],
          ...manifest.stages.map(({ name }) => [name, `a variant of ${name}`] as const),
        ]}
      />
      <button type="submit" disabled={busy.value}>
        Add
      </button>
      <details
        class="fold"
        // A browser cannot show what is wrong with a field in a closed fold, and so would not send the form without a word.
        onInvalidCapture={({ currentTarget }) => {
          currentTarget.open = true;
        }}
      >
        <summary>More about the model</summary>
        <div class="row end">
          <SelectField
            label="Decoder"
            {...field('decoder')}
            options={[['', "as the encoder's"], ...dtype.options]}
          />
          <TaskField {...field('task')} />
          <TextField label="Prefix" {...field('prefix')} placeholder="summarize: " />
          <TextField label="Revision" {...field('revision')} placeholder="main" />
          <TextField label="Access token" {...field('token')} type="password" />
          <TextField label="Hub" {...field('endpoint')} type="url" required />
          <p class="muted">
            The page puts the prefix before each text; T5 models need one. Gated models need a token; it goes
            to the hub alone and is forgotten with this page.
          </p>
        </div>
      </details>
    </form>
  );
}
