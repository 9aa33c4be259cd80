import { useState } from 'preact/hooks';
import type { Manifest } from '../../../models/manifests/manifest.ts';
import { attempt } from '../../state/app.ts';
import { takeFiles } from '../../state/intake.ts';
import { replacePack } from '../../state/own-models.ts';
import { takeManifest } from '../../state/own-pipelines.ts';
import { busy, taken, taking } from '../../state/taking.ts';
import { FileButton } from '../FileButton.tsx';

/** Bringing models, packs and whole pipelines of the user's own. */
export function OwnModels({ manifest }: { readonly manifest: Manifest }) {
  return (
    <section class="card own-models" aria-label="Your own models" aria-busy={taking.value !== null}>
      <details>
        <summary>
          <strong>Your own models</strong>{' '}
          <span class="muted">in a stage above, on a labelled pack of yours, or a whole pipeline</span>
        </summary>
        <p>
          Models that are added to a stage are called by their files' names, checked in a worker, kept in this
          browser, and measured, planned and run like the others. Nothing leaves this machine.
        </p>
        <ul class="own-ways">
          <li>
            <span class="muted">Labelled pack, now: {manifest.pack.source}</span>
            <FileButton
              label="Use another pack"
              disabled={busy.value}
              onFiles={([file]) => void attempt(() => replacePack(file!))}
            />
          </li>
          <li>
            <span class="muted">A manifest with all the files that it names, chosen together</span>
            <FileButton
              label="Open a pipeline's files"
              multiple
              disabled={busy.value}
              onFiles={(files) => void attempt(() => takeFiles(files))}
            />
          </li>
          <li>
            <ManifestForm />
          </li>
        </ul>
      </details>
      <Taking />
    </section>
  );
}

function ManifestForm() {
  const [address, setAddress] = useState('');
  return (
    <form
      class="manifest-form"
      onSubmit={(event) => {
        event.preventDefault();
        void attempt(() => takeManifest(address.trim()));
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

/** What is being taken in, and what was. */
function Taking() {
  const now = taking.value;
  return (
    <div class="taking">
      <p role="status">{now ? `${now.what} …` : taken.value}</p>
      {now && (
        <button type="button" onClick={() => now.controller.abort()}>
          Cancel
        </button>
      )}
    </div>
  );
}
