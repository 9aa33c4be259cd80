import { useState } from 'preact/hooks';
import { date } from '../../format.ts';
import { attempt, open, opened, remove, saved, store } from '../../state/app.ts';
import { takeFiles } from '../../state/intake.ts';

/** Profiles kept in this browser: one is open, others can be compared with it. */
export function SavedProfiles() {
  return (
    <>
      {saved.value.length === 0 && (
        <p class="muted">None yet. Start one, or drop a profile's file anywhere on this page.</p>
      )}
      <ul class="saved">
        {saved.value.map(({ id, pipeline, createdAt }) => (
          <li key={id} class={opened.value?.id === id ? 'marked' : undefined}>
            <button
              type="button"
              class="link"
              aria-pressed={opened.value?.id === id}
              onClick={() => void attempt(() => open(id))}
            >
              {pipeline}, {date(createdAt)}
            </button>
            <code class="muted">{id.slice(0, 8)}</code>
            <DeleteButton id={id} what={`the profile of ${date(createdAt)}`} />
          </li>
        ))}
      </ul>
      <label class="button">
        Import profile
        <input
          type="file"
          multiple
          accept=".json,application/json"
          disabled={!store.value}
          onChange={({ currentTarget: input }) => {
            const files = [...(input.files ?? [])];
            input.value = '';
            void attempt(() => takeFiles(files));
          }}
        />
      </label>{' '}
      <span class="muted">or an archive of everything</span>
    </>
  );
}

interface DeleteButtonProps {
  readonly id: string;
  readonly what: string;
}

/** Asks before it deletes: what was measured cannot be had back. */
function DeleteButton({ id, what }: DeleteButtonProps) {
  const [asked, setAsked] = useState(false);
  return (
    <button
      type="button"
      class={asked ? 'danger' : 'link'}
      aria-label={asked ? `Delete ${what} for good` : `Delete ${what}`}
      onClick={() => (asked ? void attempt(() => remove(id)) : setAsked(true))}
      onBlur={() => setAsked(false)}
    >
      {asked ? 'Delete for good' : 'Delete'}
    </button>
  );
}
