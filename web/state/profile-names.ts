import { z } from 'zod';
import { sha256 } from '../../solver/documents/common.ts';
import type { ProfileEntry } from '../../workers/store/store.ts';
import { date } from '../components/format.ts';
import { kept } from './kept.ts';

/**
 * Names that the user gave to profiles. They are not part of the profiles, because a profile is identified by the hash of its
 * contents.
 */

export const LETTERS_MAX = 60;
const profileName = z.string().trim().min(1).max(LETTERS_MAX);
/** The names by the SHA-256 of the profiles. */
export const profileNamesSchema = z.record(sha256, profileName);

export const profileNames = kept({
  name: 'profile-names',
  schema: profileNamesSchema,
  initial: {},
  shared: true,
});

/** Names a profile. An empty text removes the name. */
export function nameProfile(id: string, text: string): void {
  const { [id]: _, ...others } = profileNames.value;
  const given = profileName.safeParse(text);
  profileNames.value = given.success ? { ...others, [id]: given.data } : others;
}

/** The title of a profile in lists: the name that the user gave it or, without one, its pipeline and date. */
export const profileTitle = ({ id, pipeline, createdAt }: ProfileEntry): string =>
  profileNames.value[id] ?? `${pipeline}, ${date(createdAt)}`;
