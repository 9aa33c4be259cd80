import { date } from '../../format.ts';
import { attempt, exportOpened, importFile, open, opened, remove, saved, store } from '../../state/app.ts';

/** Profiles kept in this browser. One can be dropped here from a file. */
export function SavedProfiles() {
  const take = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file) void attempt(() => importFile(file));
  };
  return (
    <section
      aria-label="Saved profiles"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        take(event.dataTransfer?.files);
      }}
    >
      <h3>Saved profiles</h3>
      {saved.value.length === 0 && <p class="muted">None yet. Start one, or drop a profile's file here.</p>}
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
            <button
              type="button"
              class="link"
              aria-label={`Delete the profile of ${date(createdAt)}`}
              onClick={() => void attempt(() => remove(id))}
            >
              Delete
            </button>
          </li>
        ))}
      </ul>
      <div class="buttons">
        <button type="button" disabled={!opened.value} onClick={exportOpened}>
          Export profile
        </button>
        <label class="button">
          Import profile
          <input
            type="file"
            accept=".json,application/json"
            disabled={!store.value}
            onChange={({ currentTarget: input }) => {
              take(input.files);
              input.value = '';
            }}
          />
        </label>
      </div>
    </section>
  );
}
