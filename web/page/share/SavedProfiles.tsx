import { date } from '../../components/format.ts';
import { attempt, opened, remove, saved, store } from '../../state/app.ts';
import { openFiles } from '../../state/files/open-files.ts';
import { openWithPipeline } from '../../state/pipelines/pipelines.ts';
import { DeleteButton } from '../controls/DeleteButton.tsx';
import { FileButton } from '../controls/FileButton.tsx';

/** List of the profiles saved in this browser, with the opened one marked. */
export function SavedProfiles() {
  return (
    <>
      {saved.value.length === 0 && (
        <p class="muted">None yet. Measure one, or drop a profile's file anywhere on this page.</p>
      )}
      <ul class="saved">
        {saved.value.map(({ id, pipeline, createdAt }) => (
          <li key={id} class={opened.value?.sha256 === id ? 'marked' : undefined}>
            <button
              type="button"
              class="link"
              aria-pressed={opened.value?.sha256 === id}
              onClick={() => void attempt(() => openWithPipeline(id))}
            >
              {pipeline}, {date(createdAt)}
            </button>
            <code class="muted">{id.slice(0, 8)}</code>
            <DeleteButton
              what={`the profile of ${date(createdAt)}`}
              onDelete={() => void attempt(() => remove(id))}
            />
          </li>
        ))}
      </ul>
      <FileButton
        label="Import profile"
        accept=".json,application/json"
        multiple
        disabled={!store.value}
        onFiles={(files) => void attempt(() => openFiles(files))}
      />{' '}
      <span class="muted">or an archive of everything</span>
    </>
  );
}
