import type { Manifest } from '../../../models/manifests/manifest.ts';
import { attempt } from '../../state/app.ts';
import { removePipeline } from '../../state/own-pipelines.ts';
import { choosePipeline, isOwn, own, SHIPPED } from '../../state/pipelines.ts';
import { busy } from '../../state/taking.ts';
import { DeleteButton } from '../DeleteButton.tsx';

/** Which pipeline is measured: the shipped one, or one of the user's own. */
export function PipelineHead({ manifest }: { readonly manifest: Manifest }) {
  return (
    <div class="pipeline-head">
      {own.value.length > 0 && (
        <label class="field">
          Pipeline
          <select
            value={manifest.name}
            disabled={busy.value}
            onChange={({ currentTarget }) => void attempt(() => choosePipeline(currentTarget.value))}
          >
            <option value={SHIPPED}>{SHIPPED} (shipped)</option>
            {own.value.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      <p class="pipeline-title">{manifest.title}</p>
      {isOwn.value && (
        <DeleteButton
          what={`pipeline ${manifest.name}`}
          label="Delete pipeline"
          onDelete={() => void attempt(() => removePipeline(manifest.name))}
        />
      )}
    </div>
  );
}
