import { z } from 'zod';
import { sha256Hex } from '../../models/manifests/load.ts';
import { name } from '../../solver/documents/common.ts';
import { parseDocument, parseJson } from '../../solver/documents/document.ts';
import {
  cell,
  coRun,
  endToEnd,
  fanOut,
  PROFILE,
  type Profile,
  parseProfile,
  profileSchema,
} from '../../solver/documents/profile.ts';
import { canonicalJson } from './canonical.ts';
import type { JournalEntry } from './store.ts';

/**
 * The profile as canonical JSON. There is no newline at its end, so that the SHA-256 of the text is the profile's id.
 * @throws InvalidDocumentError
 */
export const exportProfile = (profile: Profile): string =>
  canonicalJson(parseProfile(profile, 'the profile to export'));

/**
 * Reads what {@link exportProfile} wrote; exporting it again gives the same bytes.
 * @param source names the text in errors
 * @throws InvalidDocumentError, UnsupportedDocumentError
 */
export const importProfile = (text: string, source: string): Profile =>
  parseJson(profileSchema, text, source, PROFILE);

/** What a profile is saved under: the SHA-256 of its canonical JSON. */
export const profileId = (profile: Profile): Promise<string> => textId(exportProfile(profile));

/** The same of a text that {@link exportProfile} made. */
export const textId = (text: string): Promise<string> => sha256Hex(new TextEncoder().encode(text));

const measuredAccuracy = z.strictObject({
  stages: z.record(
    name,
    z.record(name, z.strictObject({ value: z.number().min(0).max(1), n: z.int().positive() })),
  ),
  fanOut: z.array(fanOut),
  endToEnd: z.array(endToEnd),
});

const journalEntry = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('cell'), cell }),
  z.strictObject({ kind: z.literal('accuracy'), accuracy: measuredAccuracy }),
  z.strictObject({ kind: z.literal('co-run'), coRun: z.array(coRun) }),
]);

/** @throws InvalidDocumentError */
export const parseJournalEntry = (value: unknown, source: string): JournalEntry =>
  parseDocument(journalEntry, value, source);

/** @throws InvalidDocumentError */
export const parseJournalLine = (text: string, source: string): JournalEntry =>
  parseJson(journalEntry, text, source);
