import { computed, signal } from '@preact/signals';
import type { IdentifiedProfile } from '../../../solver/documents/profile.ts';
import { opened, saved, store } from '../../state/app.ts';
import { compareProfiles, type ProfileComparison, pairingsOf, type Sides } from './compare-profiles.ts';

/** The profile that the user chose to compare with the opened one, or null. */
const chosen = signal<IdentifiedProfile | null>(null);

/** Saved profiles to compare with the opened one: all others. */
export const comparable = computed(() => saved.value.filter(({ id }) => id !== opened.value?.sha256));

/** The chosen profile, unless it has since been deleted or opened. */
export const other = computed(() =>
  comparable.value.some(({ id }) => id === chosen.value?.sha256) ? chosen.value : null,
);

/** The ways to pair backends of the two profiles; empty while no two profiles are compared. */
export const pairings = computed<readonly Sides[]>(() =>
  opened.value && other.value ? pairingsOf(opened.value.profile, other.value.profile) : [],
);

const chosenPairing = signal<Sides | null>(null);

export const pairing = computed<Sides | null>(() =>
  chosenPairing.value && pairings.value.includes(chosenPairing.value)
    ? chosenPairing.value
    : (pairings.value[0] ?? null),
);

export function choosePairing(index: number): void {
  chosenPairing.value = pairings.value[index] ?? null;
}

export const comparison = computed<ProfileComparison | null>(() =>
  opened.value && other.value
    ? compareProfiles(opened.value.profile, other.value.profile, pairing.value ?? 'same')
    : null,
);

/** @throws ProfileNotFoundError, InvalidDocumentError */
export async function compareWith(id: string | null): Promise<void> {
  chosen.value = id === null ? null : await store.value!.loadProfile(id);
}
