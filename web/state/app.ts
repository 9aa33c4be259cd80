import { computed, signal } from '@preact/signals';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import { sha256 } from '../../solver/documents/common.ts';
import type { IdentifiedProfile, Profile } from '../../solver/documents/profile.ts';
import { message } from '../../workers/runtime/errors.ts';
import type { ProfileEntry, Store } from '../../workers/store/store.ts';
import type { Preflight } from './device/preflight.ts';
import { kept } from './kept.ts';
import { tellChanged } from './tabs.ts';

export const checked = signal<Preflight | null>(null);
/** The chosen pipeline with its files; null until one is loaded. */
export const models = signal<LoadedManifest | null>(null);
/** The store of profiles in this browser; null until it is open. */
export const store = signal<Store | null>(null);
/** Why profiles last only until this page is closed; null if this browser saves them. */
export const whyUnsaved = signal<string | null>(null);
export const saved = signal<readonly ProfileEntry[]>([]);
export const opened = signal<IdentifiedProfile | null>(null);
/** Whether the page has finished opening the saved pipeline and profile, with or without success. */
export const ready = signal(false);
/** The last error, as shown to the user. */
export const problem = signal<string | null>(null);
/** What the user's last action did that the user may not see otherwise, such as what an opened file was. */
export const told = signal<string | null>(null);

export const profile = computed<Profile | null>(() => opened.value?.profile ?? null);

/** Clears the last messages and runs an action of the user. If the action fails, shows its error. */
export async function attempt(work: () => Promise<unknown>): Promise<void> {
  problem.value = told.value = null;
  await unasked(work);
}

/** Runs work that no user asked for, without clearing the last error. If it fails, shows its error. */
export async function unasked(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    problem.value = message(error);
  }
}

export async function refresh(): Promise<void> {
  saved.value = (await store.value?.listProfiles()) ?? [];
}

/** Lists the saved profiles again in all tabs, after this tab has changed them. */
export async function refreshTabs(): Promise<void> {
  tellChanged();
  await refresh();
}

/** The SHA-256 of the saved profile that was opened last. */
export const lastOpened = kept<string | null>({
  name: 'opened',
  schema: sha256.nullable(),
  initial: null,
});

export async function open(id: string): Promise<void> {
  opened.value = await store.value!.loadProfile(id);
  lastOpened.value = id;
}

export async function remove(id: string): Promise<void> {
  await store.value!.deleteProfile(id);
  await refreshTabs();
  if (opened.value?.sha256 === id) opened.value = null;
}
