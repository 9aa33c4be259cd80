import { newer, takeOver } from '../../state/device/offline.ts';
import { busy } from '../../state/pipelines/adding.ts';

/**
 * Offers to reload the page when the service worker has fetched a newer build. Reloading deletes the files of the current build,
 * which running work in this or another tab may still have to load, so the button waits for such work.
 */
export function NewerVersion() {
  if (!newer.value) return null;
  return (
    <p class="notice row" role="status">
      <span>A newer version of this page is ready. Your profiles and pipelines are kept.</span>
      <button type="button" disabled={busy.value} onClick={takeOver}>
        Reload
      </button>
    </p>
  );
}
