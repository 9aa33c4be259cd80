import { computed, signal } from '@preact/signals';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { IdentifiedProfile, Profile } from '../../solver/documents/profile.ts';
import type { ProfileEntry, Store } from '../../workers/store/store.ts';
import type { Preflight } from './preflight.ts';

export const checked = signal<Preflight | null>(null);
/** The pipeline that is chosen. */
export const models = signal<LoadedManifest | null>(null);
/** Null where this browser does not let anything be saved. */
export const store = signal<Store | null>(null);
export const saved = signal<readonly ProfileEntry[]>([]);
export const opened = signal<IdentifiedProfile | null>(null);
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

export async function refresh(): Promise<void> {
  saved.value = (await store.value?.listProfiles()) ?? [];
}

export async function open(id: string): Promise<void> {
  opened.value = await store.value!.loadProfile(id);
}

export async function remove(id: string): Promise<void> {
  await store.value!.deleteProfile(id);
  await refresh();
  if (opened.value?.sha256 === id) opened.value = null;
}
