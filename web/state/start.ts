import { openBrowserStore } from '../../workers/store/browser.ts';
import { attempt, checked, models, open, refresh, saved, store } from './app.ts';
import { recallPipeline } from './pipelines.ts';
import { preflight } from './preflight.ts';

/** Brings the page to where it was: its pipeline, and the newest profile of that, else of any. */
export async function start(): Promise<void> {
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
      if (newest) await open(newest.id);
    }),
  ]);
}
