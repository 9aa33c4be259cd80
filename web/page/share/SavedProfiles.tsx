import { useEffect, useRef, useState } from 'preact/hooks';
import type { ProfileEntry } from '../../../workers/store/store.ts';
import { date } from '../../components/format.ts';
import { attempt, opened, remove, saved, store } from '../../state/app.ts';
import { openFiles } from '../../state/files/open-files.ts';
import { openWithPipeline } from '../../state/pipelines/pipelines.ts';
import { LETTERS_MAX, nameProfile, profileNames, profileTitle } from '../../state/profile-names.ts';
import { DeleteButton } from '../controls/DeleteButton.tsx';
import { TextField } from '../controls/Field.tsx';
import { FileButton } from '../controls/FileButton.tsx';

function SavedProfile({ entry }: { readonly entry: ProfileEntry }) {
  const { id, pipeline, createdAt } = entry;
  const [naming, setNaming] = useState<boolean>();
  const nameButton = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (naming === false) nameButton.current!.focus();
  }, [naming]);
  const isOpened = opened.value?.sha256 === id;
  if (naming) return <NameForm entry={entry} onDone={() => setNaming(false)} />;
  return (
    <li class={isOpened ? 'row baseline marked' : 'row baseline'}>
      <button
        type="button"
        class="link"
        dir="auto"
        aria-pressed={isOpened}
        onClick={() => void attempt(() => openWithPipeline(id))}
      >
        {profileTitle(entry)}
      </button>
      <span class="muted">
        {profileNames.value[id] && `${pipeline}, ${date(createdAt)} `}
        <code>{id.slice(0, 8)}</code>
      </span>
      <button
        type="button"
        class="link"
        ref={nameButton}
        aria-label={`Name the profile of ${date(createdAt)}`}
        onClick={() => setNaming(true)}
      >
        Name
      </button>
      <DeleteButton what={`the profile of ${date(createdAt)}`} onDelete={() => remove(id)} />
    </li>
  );
}

function NameForm({ entry, onDone }: { readonly entry: ProfileEntry; readonly onDone: () => void }) {
  const { id, pipeline, createdAt } = entry;
  const [text, setText] = useState(profileNames.value[id] ?? '');
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current!.focus(), []);
  return (
    <li>
      <form
        class="row end"
        onSubmit={(event) => {
          event.preventDefault();
          nameProfile(id, text);
          onDone();
        }}
        onKeyDown={({ key }) => key === 'Escape' && onDone()}
      >
        <TextField
          label={`Name of ${pipeline}, ${date(createdAt)}`}
          input={input}
          maxLength={LETTERS_MAX}
          placeholder="such as: my phone, plugged in"
          value={text}
          onValue={setText}
        />
        <button type="submit">Keep name</button>
      </form>
    </li>
  );
}

/** List of the profiles saved in this browser, with the opened one marked. */
export function SavedProfiles() {
  return (
    <div tabIndex={-1}>
      <FileButton
        label="Import profile"
        accept=".json,.html,.csv,application/json,text/html,text/csv"
        multiple
        disabled={!store.value}
        onFiles={openFiles}
      />{' '}
      <span class="muted">or a plan, a report, a trace, a table of cells, or an archive of everything</span>
      {saved.value.length === 0 && (
        <p class="muted">None yet. Measure one, or drop a profile's file anywhere on this page.</p>
      )}
      <ul class="saved">
        {saved.value.map((entry) => (
          <SavedProfile key={entry.id} entry={entry} />
        ))}
      </ul>
    </div>
  );
}
