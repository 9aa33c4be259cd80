import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Manifest } from '../../../solver/documents/manifest.ts';
import { attempt } from '../../state/app.ts';
import { openFiles } from '../../state/files/open-files.ts';
import { adding, busy, lastAdded } from '../../state/pipelines/adding.ts';
import { ownModels, ownPipelineFiles } from '../../state/pipelines/changes.ts';
import { chosenModels } from '../../state/pipelines/chosen-models.ts';
import { FileButton } from '../controls/FileButton.tsx';

/** The forms for models of the hub and for new pipelines. Their code is loaded when the section is first opened, not with the page. */
const forms = signal<(typeof import('./HubForm.tsx') & typeof import('./NewPipelineForm.tsx')) | null>(null);

async function loadForms(): Promise<void> {
  forms.value ??= { ...(await import('./HubForm.tsx')), ...(await import('./NewPipelineForm.tsx')) };
}

/** Form to add models, labelled packs and whole pipelines. */
export function OwnModels({ manifest }: { readonly manifest: Manifest }) {
  const Forms = forms.value;
  const details = useRef<HTMLDetailsElement>(null);
  const isAsked = chosenModels.value !== null;
  useEffect(() => {
    if (isAsked) details.current!.open = true;
  }, [isAsked]);
  return (
    <section class="card own-models" aria-label="Your own models" aria-busy={adding.value !== null}>
      <details ref={details} onToggle={({ currentTarget }) => currentTarget.open && void attempt(loadForms)}>
        <summary>
          <strong>Your own models</strong>{' '}
          <span class="muted">add variants, your own labelled pack, or a whole pipeline</span>
        </summary>
        <p>
          Add ONNX models to a stage above. Each is checked, gets its file's name, stays in this browser, and
          is measured, planned and run like the other variants. Nothing leaves this machine; a hub is asked
          for the files of the model that you name. A download that was stopped goes on when you add the model
          again.
        </p>
        <ul class="row end own-ways">
          <li class="stack tight">
            <span class="muted small">
              Labelled pack, now: {manifest.pack?.source ?? 'none'}
              {manifest.pack?.mix && `. ${manifest.pack.mix}`}
            </span>
            <FileButton
              label="Use another pack"
              multiple
              disabled={busy.value}
              onFiles={(files) => void attempt(async () => (await ownModels()).replacePack(files))}
            />
          </li>
          <li class="stack tight">
            <span class="muted small">
              Or pictures in folders by class, JSON lines, or sounds with their transcripts: a pack is made of
              them
            </span>
            <FileButton
              label="Use a folder of labelled data"
              folder
              disabled={busy.value}
              onFiles={(files) => void attempt(async () => (await ownModels()).replacePack(files))}
            />
          </li>
          <li class="stack tight">
            <span class="muted small">Choose a manifest together with all the files that it names</span>
            <FileButton
              label="Open a pipeline's files"
              multiple
              disabled={busy.value}
              onFiles={(files) => void attempt(() => openFiles(files))}
            />
          </li>
          <li class="stack tight">
            <ManifestForm />
          </li>
        </ul>
        {Forms && (
          <>
            <Forms.HubForm manifest={manifest} />
            <Forms.NewPipelineForm />
          </>
        )}
      </details>
      <AddingStatus />
    </section>
  );
}

function ManifestForm() {
  const [address, setAddress] = useState('');
  return (
    <form
      class="row end"
      onSubmit={(event) => {
        event.preventDefault();
        void attempt(async () => (await ownPipelineFiles()).addPipelineByAddress(address.trim()));
      }}
    >
      <label class="field">
        Address of a manifest
        <input
          type="url"
          required
          placeholder="https://…/manifest.json"
          value={address}
          onInput={({ currentTarget }) => setAddress(currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={busy.value}>
        Open
      </button>
    </form>
  );
}

/** The current step of adding, or the result of the last addition. */
function AddingStatus() {
  const now = adding.value;
  return (
    <div class="row taking">
      <p role="status">{now ? `${now.what} …` : lastAdded.value}</p>
      {now && (
        <button type="button" onClick={() => now.controller.abort()}>
          Cancel
        </button>
      )}
    </div>
  );
}
