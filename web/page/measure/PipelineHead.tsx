import type { Manifest } from '../../../solver/documents/manifest.ts';
import { attempt } from '../../state/app.ts';
import { busy } from '../../state/pipelines/adding.ts';
import { ownPipelineFiles } from '../../state/pipelines/changes.ts';
import { choosePipeline, isOwn, ownNames, SHIPPED } from '../../state/pipelines/pipelines.ts';
import { DeleteButton } from '../controls/DeleteButton.tsx';

/** The title of the chosen pipeline, with a choice of pipelines if there are several. */
export function PipelineHead({ manifest }: { readonly manifest: Manifest }) {
  return (
    <div class="row end">
      {SHIPPED.length + ownNames.value.length > 1 && (
        <label class="field">
          Pipeline
          <select
            value={manifest.name}
            disabled={busy.value}
            onChange={({ currentTarget }) => void attempt(() => choosePipeline(currentTarget.value))}
          >
            {SHIPPED.map((name) => (
              <option key={name} value={name}>
                {name} (shipped)
              </option>
            ))}
            {ownNames.value.map((name) => (
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
          onDelete={() => void attempt(async () => (await ownPipelineFiles()).removePipeline(manifest.name))}
        />
      )}
    </div>
  );
}
