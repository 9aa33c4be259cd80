import type { Manifest } from '../../../solver/documents/manifest.ts';
import { attempt, models } from '../../state/app.ts';
import { busy } from '../../state/pipelines/adding.ts';
import { ownPipelineFiles } from '../../state/pipelines/changes.ts';
import { choosePipeline, isOwn, ownNames, SHIPPED } from '../../state/pipelines/pipelines.ts';
import { DeleteButton } from '../controls/DeleteButton.tsx';
import { Labelled } from '../controls/Field.tsx';

function Group({ label, names }: { readonly label: string; readonly names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <optgroup label={label}>
      {names.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </optgroup>
  );
}

/** The title of the chosen pipeline, with a choice of pipelines. */
export function PipelineHead({ manifest }: { readonly manifest: Manifest }) {
  return (
    <div class="row end">
      <Labelled label="Pipeline">
        {(id) => (
          <select
            id={id}
            value={manifest.name}
            disabled={busy.value}
            onChange={({ currentTarget: select }) =>
              void attempt(() =>
                choosePipeline(select.value).catch((error) => {
                  // The page keeps the previous pipeline, and the list must show that.
                  select.value = models.value!.manifest.name;
                  throw error;
                }),
              )
            }
          >
            <Group label="Ready-made" names={SHIPPED} />
            <Group label="Your own" names={ownNames.value} />
          </select>
        )}
      </Labelled>
      <strong class="pipeline-title">{manifest.title}</strong>
      {isOwn.value && (
        <DeleteButton
          what={`pipeline ${manifest.name}`}
          label="Delete pipeline"
          disabled={busy.value}
          onDelete={async () => (await ownPipelineFiles()).removePipeline(manifest.name)}
        />
      )}
    </div>
  );
}
