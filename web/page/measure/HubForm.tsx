import { useState } from 'preact/hooks';
import { HUB_KINDS } from '../../../models/hub/kinds.ts';
import { type Dtype, dtype, type Manifest } from '../../../solver/documents/manifest.ts';
import { attempt } from '../../state/app.ts';
import { busy } from '../../state/pipelines/adding.ts';
import { addHubModel } from '../../state/pipelines/hub-models.ts';

const HUB = 'https://huggingface.co';

/** Form to add a model of the Hugging Face hub by its id. */
export function HubForm({ manifest }: { readonly manifest: Manifest }) {
  const [id, setId] = useState('');
  const [weights, setWeights] = useState<Dtype>('q8');
  const [stage, setStage] = useState('');
  const [task, setTask] = useState('');
  const [endpoint, setEndpoint] = useState(HUB);
  const chosen = manifest.stages.some(({ name }) => name === stage) ? stage : null;
  return (
    <form
      class="hub-form"
      aria-label="A model of the hub"
      onSubmit={(event) => {
        event.preventDefault();
        const wish = { id: id.trim(), endpoint, dtype: weights, task: task || undefined, stage: chosen };
        void attempt(() => addHubModel(wish));
      }}
    >
      <label class="field">
        Hugging Face model id
        <input
          required
          placeholder="Xenova/resnet-18"
          value={id}
          onInput={({ currentTarget }) => setId(currentTarget.value)}
        />
      </label>
      <label class="field">
        Weights
        <select value={weights} onChange={({ currentTarget }) => setWeights(currentTarget.value as Dtype)}>
          {dtype.options.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <label class="field">
        Becomes
        <select value={chosen ?? ''} onChange={({ currentTarget }) => setStage(currentTarget.value)}>
          <option value="">a new pipeline</option>
          {manifest.stages.map(({ name }) => (
            <option key={name} value={name}>
              a variant of {name}
            </option>
          ))}
        </select>
      </label>
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
        Hub
        <input
          type="url"
          required
          value={endpoint}
          onInput={({ currentTarget }) => setEndpoint(currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={busy.value}>
        Add
      </button>
    </form>
  );
}
