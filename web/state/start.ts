import { openBrowserStore } from '../../workers/store/browser.ts';
import { attempt, checked, models, open, ready, refresh, saved, store } from './app.ts';
import { preflight } from './device/preflight.ts';
import { recallPipeline } from './pipelines/pipelines.ts';
import { followOtherTabs } from './tabs.ts';

/**
 * Opens the pipeline chosen last and its newest profile or, if it has none, the newest profile of any pipeline.
 * @param loadForProfile loads the code that shows a profile, so that the page appears complete
 */
export async function start(loadForProfile: () => Promise<void>): Promise<void> {
  const pipeline = attempt(recallPipeline);
  await Promise.all([
    preflight().then((found) => {
      checked.value = found;
    }),
    attempt(async () => {
      store.value = await openBrowserStore();
      await refresh();
      await pipeline;
      const name = models.value?.manifest.name;
      const newest = saved.value.find((entry) => entry.pipeline === name) ?? saved.value[0];
      if (newest) await Promise.all([open(newest.id), loadForProfile()]);
    }),
  ]);
  ready.value = true;
  followOtherTabs(() => void attempt(refresh));
}
