import { z } from 'zod';
import { sha256 } from '../../solver/documents/common.ts';
import type { ProfileEntry } from '../../workers/store/store.ts';
import { date } from '../components/format.ts';
import { kept } from './kept.ts';

/** Names that the user gave to profiles. They are no part of a profile, whose identity its contents are. */

export const MOST_LETTERS = 60;
const profileName = z.string().trim().min(1).max(MOST_LETTERS);
/** By the profiles' SHA-256. */
export const profileNamesSchema = z.record(sha256, profileName);

export const profileNames = kept({
  name: 'profile-names',
  schema: profileNamesSchema,
  initial: {},
  shared: true,
});

/** Names a profile. An empty text takes its name away. */
export function nameProfile(id: string, text: string): void {
  const { [id]: _, ...others } = profileNames.value;
  const given = profileName.safeParse(text);
  profileNames.value = given.success ? { ...others, [id]: given.data } : others;
}

/** What lists call a profile: the name that the user gave it, or its pipeline and date. */
export const profileTitle = ({ id, pipeline, createdAt }: ProfileEntry): string =>
  profileNames.value[id] ?? `${pipeline}, ${date(createdAt)}`;
