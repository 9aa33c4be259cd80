import { newer, takeOver } from '../state/offline.ts';
import { running } from '../state/profiling.ts';

/** Offers the newer build that the service worker has fetched. */
export function NewerVersion() {
  if (!newer.value) return null;
  return (
    <p class="notice" role="status">
      <span>A newer version of this page is ready. What was measured is kept.</span>
      <button type="button" disabled={running.value !== null} onClick={takeOver}>
        Reload
      </button>
    </p>
  );
}
