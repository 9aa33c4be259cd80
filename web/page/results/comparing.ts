import { computed, signal } from '@preact/signals';
import type { IdentifiedProfile } from '../../../solver/documents/profile.ts';
import { opened, saved, store } from '../../state/app.ts';
import { compareProfiles, type ProfileComparison } from './compare-profiles.ts';

/** The profile that the user chose to compare with the opened one, or null. */
const chosen = signal<IdentifiedProfile | null>(null);

/** Saved profiles to compare with the opened one: all others. */
export const comparable = computed(() => saved.value.filter(({ id }) => id !== opened.value?.sha256));

/** The chosen profile, unless it has since been deleted or opened. */
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
