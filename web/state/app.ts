import { computed, signal } from '@preact/signals';
import type { LoadedManifest } from '../../models/load.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { openBrowserStore } from '../../workers/store/browser.ts';
import type { ProfileEntry, Store } from '../../workers/store/store.ts';
import { loadPipeline } from '../engine.ts';
import { type Preflight, preflight } from '../preflight.ts';

/** The pipeline that this page profiles. */
const PIPELINE = 'fashion';

export const checked = signal<Preflight | null>(null);
export const models = signal<LoadedManifest | null>(null);
/** Null where this browser does not let anything be saved. */
export const store = signal<Store | null>(null);
export const saved = signal<readonly ProfileEntry[]>([]);
export const opened = signal<{ readonly id: string; readonly profile: Profile } | null>(null);
/** What went wrong last, for the user. */
export const problem = signal<string | null>(null);

export const profile = computed<Profile | null>(() => opened.value?.profile ?? null);

/** Does something for the user and shows what goes wrong with it. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  problem.value = null;
  try {
    return await work();
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error);
    return undefined;
  }
}

export async function start(): Promise<void> {
  await Promise.all([
    preflight().then((found) => {
      checked.value = found;
    }),
    attempt(async () => {
      models.value = await loadPipeline(PIPELINE);
    }),
    attempt(async () => {
      store.value = await openBrowserStore();
      await refresh();
      const newest = saved.value[0];
      if (newest) await open(newest.id);
    }),
  ]);
}

export async function refresh(): Promise<void> {
  saved.value = (await store.value?.listProfiles()) ?? [];
}

export async function open(id: string): Promise<void> {
  opened.value = { id, profile: await store.value!.loadProfile(id) };
}

export async function remove(id: string): Promise<void> {
  await store.value!.deleteProfile(id);
  await refresh();
  if (opened.value?.id === id) opened.value = null;
}
