import { computed, signal } from '@preact/signals';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { compareProfiles, type ProfileComparison } from '../page/results/compare-profiles.ts';
import { opened, saved, store } from './app.ts';

/** The profile that the opened one is the base for; null: none is chosen. */
const chosen = signal<IdentifiedProfile | null>(null);

/** Saved profiles that the opened one can be compared with. */
export const comparable = computed(() => saved.value.filter(({ id }) => id !== opened.value?.sha256));

/** It ends where either profile is deleted, or where the other one is opened itself. */
export const other = computed(() =>
  comparable.value.some(({ id }) => id === chosen.value?.sha256) ? chosen.value : null,
);

export const comparison = computed<ProfileComparison | null>(() =>
  opened.value && other.value ? compareProfiles(opened.value.profile, other.value.profile) : null,
);

/** @throws ProfileNotFoundError, InvalidDocumentError */
export async function compareWith(id: string | null): Promise<void> {
  chosen.value = id === null ? null : await store.value!.loadProfile(id);
}
