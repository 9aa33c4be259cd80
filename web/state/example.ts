import { computed, effect, signal } from '@preact/signals';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { RunReport } from '../../solver/documents/run-report.ts';
import { identify } from '../../workers/store/exchange.ts';
import { EXAMPLE_FILE } from '../service-worker/messages.ts';
import { attempt, models, opened, saved } from './app.ts';
import { goTo } from './go-to.ts';
import { loaded } from './part.ts';
import { hasPipeline, loadChosen, openMeasured } from './pipelines/pipelines.ts';
import { lentSettings } from './plan/settings.ts';
import { tried } from './try/trying.ts';

/**
 * The example that ships with the page: profiles of another device, plan settings for one of them, and a run of its plan. The
 * page shows the example, but never saves it.
 */

/** The example's profiles: the one that the sections show, then others to compare it with. Empty before it is first opened. */
const example = signal<readonly IdentifiedProfile[]>([]);

/** The chosen pipeline, and the profile and the run that the sections showed, before the example. */
let before = { pipeline: models.peek()?.manifest.name, opened: opened.peek(), tried: tried.peek() };

/** Whether the sections show the example. */
export const showsExample = computed(() => opened.value !== null && opened.value === example.value[0]);

const exampleRun = signal<RunReport | null>(null);

/** Whether the last run is the example's. */
export const showsExampleRun = computed(() => tried.value !== null && tried.value === exampleRun.value);

/** The last run that the user made or opened, even while the sections show the example. */
export const ownRun = computed(() => (showsExampleRun.value ? before.tried : tried.value));

// The user can leave the example in several ways, such as opening another profile. In each case the example's run must go, too.
effect(() => {
  if (!showsExample.value && showsExampleRun.peek()) tried.value = before.tried;
});

/** The profiles to compare the example with, while it is shown. */
export const besideExample = computed(() => (showsExample.value ? example.value.slice(1) : []));

/** The example's file cannot be read. */
class ExampleMissingError extends Error {
  override name = 'ExampleMissingError';
  constructor(options: ErrorOptions) {
    super('The example could not be loaded. Connect to the network, and try again.', options);
  }
}

/** Shows the example in all sections. */
export async function openExample(): Promise<void> {
  await attempt(async () => {
    const since = opened.value;
    // The code of archives is loaded when it is first used.
    const { importArchive } = await loaded(import('./files/archive.ts'));
    const { profiles, opened: shown, plan: settings, run } = importArchive(await read(), 'the example');
    // A profile that the user has opened or measured meanwhile stays open.
    if (opened.value !== since) return;
    before = showsExample.value
      ? { ...before, tried: ownRun.value }
      : { pipeline: models.value?.manifest.name, opened: opened.value, tried: ownRun.value };
    const known = await Promise.all(profiles.map(identify));
    const [source] = known.splice(shown ?? 0, 1);
    example.value = [source!, ...known];
    lentSettings.value = { source: source!, settings };
    exampleRun.value = tried.value = run;
    await openMeasured(source!);
    goTo('results');
  });
}

/** @throws ExampleMissingError */
async function read(): Promise<string> {
  try {
    const answer = await fetch(EXAMPLE_FILE);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return await answer.text();
  } catch (cause) {
    throw new ExampleMissingError({ cause });
  }
}

/** Restores the pipeline and the profile that were there before the example, and shows the top of the page. */
export async function closeExample(): Promise<void> {
  const { pipeline } = before;
  // A pipeline that the user chose since stays chosen.
  const isChosen = models.value?.manifest.name === opened.value!.profile.pipeline;
  // The user may have deleted the profile meanwhile.
  const isThere = saved.value.some(({ id }) => id === before.opened?.sha256);
  opened.value = isThere ? before.opened : null;
  goTo('measure');
  if (isChosen && pipeline && hasPipeline(pipeline)) await attempt(() => loadChosen(pipeline));
}
