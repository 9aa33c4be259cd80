import { newer, takeOver } from '../../state/device/offline.ts';
import { running } from '../../state/measure/profiling.ts';

/** Offers to reload the page when the service worker has fetched a newer build. */
export function NewerVersion() {
  if (!newer.value) return null;
  return (
    <p class="notice row" role="status">
      <span>A newer version of this page is ready. Your profiles and pipelines are kept.</span>
      <button type="button" disabled={running.value !== null} onClick={takeOver}>
        Reload
      </button>
    </p>
  );
}
