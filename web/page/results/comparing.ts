import { computed, signal } from '@preact/signals';
import { attempt, opened, saved, store } from '../../state/app.ts';
import { chosen, tables } from '../../state/compared.ts';
import { besideExample } from '../../state/example.ts';
import { newestOnly } from '../../state/newest-only.ts';
import { profileTitle } from '../../state/profile-names.ts';
import { compareProfiles, type ProfileComparison, pairingsOf, type Sides } from './compare-profiles.ts';

/** Profiles to compare with that the browser has not saved: those of the example, and opened tables of cells. */
const unsaved = computed(() => [...besideExample.value, ...tables.value]);

/** The profiles and tables of cells that the opened profile can be compared with. */
export const comparable = computed(() => [
  ...unsaved.value.map((one) => {
    const title = profileTitle({ id: one.sha256, ...one.profile });
    return { id: one.sha256, title: 'file' in one ? `${one.file}: ${title}` : title };
  }),
  ...saved.value
    .filter(({ id }) => id !== opened.value?.sha256)
    .map((entry) => ({ id: entry.id, title: profileTitle(entry) })),
]);

/**
 * The profile or table to compare with: the chosen one or, before any choice, the first profile beside the example. Null if there
 * is none, or if the chosen profile has since been deleted or opened.
 */
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

/** Chooses what to compare with; null for nothing. A profile that loads slowly does not replace what was chosen later. */
export const compareWith = newestOnly((id: string | null) =>
  attempt(async () => {
    const found = unsaved.value.find(({ sha256 }) => sha256 === id);
    chosen.value = found ?? (id === null ? null : await store.value!.loadProfile(id));
  }),
);
