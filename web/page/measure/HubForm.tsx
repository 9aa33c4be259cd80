import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { HUB_KINDS } from '../../../models/hub/kinds.ts';
import { type Dtype, dtype, type Manifest } from '../../../solver/documents/manifest.ts';
import { attempt } from '../../state/app.ts';
import { busy } from '../../state/pipelines/adding.ts';
import { addHubModel } from '../../state/pipelines/hub-models.ts';

const HUB = 'https://huggingface.co';

/** Values of the form's fields. An empty text stands for what the model's repository says. */
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

/** Form to add a model of the Hugging Face hub by its id. What is typed stays in this form alone. */
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
      <SelectField label="Weights" {...field('weights')}>
        <Options names={dtype.options} />
      </SelectField>
      <SelectField label="Add as" {...field('stage')} value={stage ?? ''}>
        <option value="">a new pipeline</option>
        {manifest.stages.map(({ name }) => (
          <option key={name} value={name}>
            a variant of {name}
          </option>
        ))}
      </SelectField>
      <button type="submit" disabled={busy.value}>
        Add
      </button>
      <details>
        <summary>More about the model</summary>
        <div class="row end">
          <SelectField label="Decoder" {...field('decoder')}>
            <option value="">as the encoder's</option>
            <Options names={dtype.options} />
          </SelectField>
          <SelectField label="Task" {...field('task')}>
            <option value="">as the model says</option>
            <Options names={HUB_KINDS.map((kind) => kind.task)} />
          </SelectField>
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

interface FieldProps {
  readonly label: string;
  readonly value: string;
  onValue(value: string): void;
}

interface TextFieldProps extends FieldProps {
  readonly type?: 'text' | 'url' | 'password';
  readonly required?: boolean;
  readonly placeholder?: string;
}

/** A field whose value the browser does not remember. */
function TextField({
  label,
  value,
  onValue,
  type = 'text',
  required = false,
  placeholder = '',
}: TextFieldProps) {
  return (
    <label class="field">
      {label}
      <input
        // Preact's types tell inputs apart by a type that is known when the code is written.
        {...({ type } as { type: 'text' })}
        autocomplete="off"
        required={required}
        placeholder={placeholder}
        maxLength={1000}
        value={value}
        onInput={({ currentTarget }) => onValue(currentTarget.value)}
      />
    </label>
  );
}

function SelectField({
  label,
  value,
  onValue,
  children,
}: FieldProps & { readonly children: ComponentChildren }) {
  return (
    <label class="field">
      {label}
      <select value={value} onChange={({ currentTarget }) => onValue(currentTarget.value)}>
        {children}
      </select>
    </label>
  );
}

const Options = ({ names }: { readonly names: readonly string[] }) => (
  <>
    {names.map((name) => (
      <option key={name}>{name}</option>
    ))}
  </>
);
