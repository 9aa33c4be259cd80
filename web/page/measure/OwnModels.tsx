import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Manifest } from '../../../solver/documents/manifest.ts';
import { TermMark } from '../../components/Term.tsx';
import { attempt } from '../../state/app.ts';
import { openFiles } from '../../state/files/open-files.ts';
import { loaded } from '../../state/part.ts';
import { adding, busy, lastAdded } from '../../state/pipelines/adding.ts';
import { ownModels, ownPipelineFiles } from '../../state/pipelines/changes.ts';
import { chosenModels } from '../../state/pipelines/chosen-models.ts';
import { TextField } from '../controls/Field.tsx';
import { FileButton } from '../controls/FileButton.tsx';
import { useKeptFocus } from '../controls/kept-focus.ts';

/** The forms for models of the hub and for new pipelines. Their code is loaded when the section is first opened. */
const forms = signal<(typeof import('./HubForm.tsx') & typeof import('./NewPipelineForm.tsx')) | null>(null);

async function loadForms(): Promise<void> {
  forms.value ??= {
    ...(await loaded(import('./HubForm.tsx'))),
    ...(await loaded(import('./NewPipelineForm.tsx'))),
  };
}

/** Form to add models, labelled packs and whole pipelines. */
export function OwnModels({ manifest }: { readonly manifest: Manifest }) {
  const Forms = forms.value;
  const host = useKeptFocus();
  const details = useRef<HTMLDetailsElement>(null);
  const isAsked = chosenModels.value !== null;
  useEffect(() => {
    if (isAsked) details.current!.open = true;
  }, [isAsked]);
  return (
    <section
      ref={host}
      tabIndex={-1}
      class="card"
      aria-label="Your own models"
      aria-busy={adding.value !== null}
    >
      <details ref={details} onToggle={({ currentTarget }) => currentTarget.open && void attempt(loadForms)}>
        <summary>
          <strong>Your own models</strong>{' '}
          <span class="muted">try your own ONNX models, labelled examples, or a whole pipeline</span>
        </summary>
        <p>
          Models are checked, kept in this browser, and then measured, planned and run like the others.
          Nothing leaves this machine; a hub is asked for the files of the model that you name, and for
          nothing else.
        </p>
        <div class="tiles start own-ways">
          <Way title="One more model of a stage">
            <p>
              Drop an ONNX file on its stage above, or press “Add models” there. It is named after its file.
            </p>
          </Way>
          <Way title="Your own labelled examples">
            <p>
              Accuracy is measured on them. A pack that ipa-edge made, or pictures in a folder for each class,
              JSON lines, or sounds with their transcripts.
            </p>
            <div class="row buttons">
              <FileButton label="Use another pack" multiple disabled={busy.value} onFiles={replacePack} />
              <FileButton
                label="Use a folder of labelled data"
                folder
                disabled={busy.value}
                onFiles={replacePack}
              />
              <TermMark of="Labelled pack" />
            </div>
            <p class="muted small">
              Labelled pack, now: {manifest.pack?.source ?? 'none'}
              {manifest.pack?.mix && `. ${manifest.pack.mix}`}
            </p>
          </Way>
          <Way title="A whole pipeline">
            <p>Its manifest together with all files that it names, or the address of a manifest.</p>
            <div class="row buttons">
              <FileButton
                label="Open a pipeline's files"
                multiple
                disabled={busy.value}
                onFiles={openFiles}
              />
            </div>
            <ManifestForm />
          </Way>
          {Forms && (
            <>
              <Way title="A model of the Hugging Face hub">
                <p>A download that was stopped goes on when you add the model again.</p>
                <Forms.HubForm manifest={manifest} />
              </Way>
              <Way title="A new pipeline without a manifest">
                <Forms.NewPipelineForm />
              </Way>
            </>
          )}
        </div>
      </details>
      <AddingStatus />
    </section>
  );
}

/** One way to add the user's own models or data. */
const Way = ({ title, children }: { readonly title: string; readonly children: ComponentChildren }) => (
  <section aria-label={title}>
    <h4>{title}</h4>
    {children}
  </section>
);

const replacePack = async (files: File[]) => (await ownModels()).replacePack(files);

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
      <TextField
        label="Address of a manifest"
        type="url"
        required
        placeholder="https://…/manifest.json"
        value={address}
        onValue={setAddress}
      />
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
