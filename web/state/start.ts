import { openBrowserStore } from '../../workers/store/browser.ts';
import { MemoryStore } from '../../workers/store/memory.ts';
import {
  attempt,
  checked,
  lastOpened,
  models,
  open,
  ready,
  refresh,
  saved,
  store,
  unasked,
  whyUnsaved,
} from './app.ts';
import { preflight } from './device/preflight.ts';
import { recallPipeline, relistOwn } from './pipelines/pipelines.ts';
import { followOtherTabs } from './tabs.ts';

/**
 * Opens the pipeline and the profile that were open last. If that profile is gone, opens the newest profile of the pipeline or,
 * if the pipeline has none, the newest of any pipeline.
 * @param loadForProfile loads the code that shows a profile, so that all sections appear together
 */
export async function start(loadForProfile: () => Promise<void>): Promise<void> {
  const pipeline = attempt(recallPipeline);
  await Promise.all([
    preflight().then((found) => {
      checked.value = found;
    }),
    attempt(async () => {
      store.value = await openBrowserStore().catch((error: Error) => {
        whyUnsaved.value = error.message;
        return new MemoryStore();
      });
      await refresh();
      await pipeline;
      const name = models.value?.manifest.name;
      const found =
        saved.value.find(({ id }) => id === lastOpened.value) ??
        saved.value.find(({ pipeline }) => pipeline === name) ??
        saved.value[0];
      if (found) await Promise.all([open(found.id), loadForProfile()]);
    }),
  ]);
  ready.value = true;
  followOtherTabs(() => void unasked(() => Promise.all([refresh(), relistOwn()])));
}
