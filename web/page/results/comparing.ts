import { computed, signal } from '@preact/signals';
import type { IdentifiedProfile } from '../../../solver/documents/profile.ts';
import type { ProfileEntry } from '../../../workers/store/store.ts';
import { opened, saved, store } from '../../state/app.ts';
import { besideExample } from '../../state/example.ts';
import { compareProfiles, type ProfileComparison, pairingsOf, type Sides } from './compare-profiles.ts';

/** The profile that the user chose to compare with the opened one; null for none, undefined before a choice. */
const chosen = signal<IdentifiedProfile | null | undefined>(undefined);

/** Profiles to compare with the opened one: all others that are saved and, beside the example, those that come with it. */
export const comparable = computed<readonly ProfileEntry[]>(() => [
  ...besideExample.value.map(({ sha256: id, profile: { pipeline, createdAt } }) => ({
    id,
    pipeline,
    createdAt,
  })),
  ...saved.value.filter(({ id }) => id !== opened.value?.sha256),
]);

/** The chosen profile, unless it has since been deleted or opened. Without a choice, the one that comes with the example. */
export const other = computed(() => {
  const now = chosen.value === undefined ? besideExample.value[0] : chosen.value;
  return comparable.value.some(({ id }) => id === now?.sha256) ? now! : null;
});

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
  const shipped = besideExample.value.find(({ sha256 }) => sha256 === id);
  chosen.value = shipped ?? (id === null ? null : await store.value!.loadProfile(id));
}
