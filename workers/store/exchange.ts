import { z } from 'zod';
import { sha256Hex } from '../../models/manifests/load.ts';
import { labelledAnswers, pathAnswers } from '../../solver/documents/answers.ts';
import { canonicalJson } from '../../solver/documents/canonical.ts';
import { cell } from '../../solver/documents/cell.ts';
import { coRun } from '../../solver/documents/co-run.ts';
import { isoDate, name } from '../../solver/documents/common.ts';
import { InvalidDocumentError, parseDocument, parseJson } from '../../solver/documents/document.ts';
import { batchPauses } from '../../solver/documents/pauses.ts';
import {
  endToEnd,
  fanOut,
  type IdentifiedProfile,
  measuredScore,
  PROFILE,
  type Profile,
  parseProfile,
  profileSchema,
} from '../../solver/documents/profile.ts';
import { serving } from '../../solver/documents/serving.ts';

/** A profile as canonical JSON. It has no newline at its end, so that the SHA-256 of the text is the profile's identity. */
export const exportProfile = (profile: Profile): string => canonicalJson(profile);

/**
 * Reads a profile that {@link exportProfile} wrote; exporting it again gives the same bytes.
 * @param source names the text in errors
 * @throws InvalidDocumentError, UnsupportedDocumentError
 */
export const importProfile = (text: string, source: string): Profile =>
  parseJson(profileSchema, text, source, PROFILE);

/** Adds an identity to a checked profile: the SHA-256 of its canonical JSON. */
export const identify = async (profile: Profile): Promise<IdentifiedProfile> => ({
  profile,
  sha256: await sha256Hex(new TextEncoder().encode(exportProfile(profile))),
});

/**
 * Checks a profile where it enters this process, and adds its identity.
 * @param source names the document in errors
 * @throws InvalidDocumentError, UnsupportedDocumentError
 */
export const parseIdentified = async (value: unknown, source: string): Promise<IdentifiedProfile> =>
  identify(parseProfile(value, source));

/** The part of a saved profile that lists show. The rest of the profile is checked when it is loaded. */
export const profileHead = z.object({ pipeline: name, createdAt: isoDate });

/** A finished part of a profile in progress. A later cell entry with the same key replaces the earlier one. */
const journalEntry = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('cell'), cell }),
  z.strictObject({
    kind: z.literal('variant-accuracy'),
    stage: name,
    variant: name,
    score: measuredScore,
    answers: labelledAnswers.optional(),
  }),
  z.strictObject({ kind: z.literal('fan-out'), fanOut }),
  z.strictObject({ kind: z.literal('combination'), endToEnd }),
  z.strictObject({ kind: z.literal('path'), path: pathAnswers }),
  z.strictObject({ kind: z.literal('co-run'), coRun: z.array(coRun) }),
  z.strictObject({
    kind: z.literal('pauses'),
    batchPauses,
    serving: serving.optional(),
  }),
]);
export type JournalEntry = z.infer<typeof journalEntry>;

/**
 * Reads an entry of a journal.
 * @param read returns the entry as an unchecked value; its InvalidDocumentError gets the remedy, too
 * @param remedy the last line of the error's message: what the user can do about an entry that is not valid
 * @throws InvalidDocumentError
 */
export function parseJournalEntry(read: () => unknown, source: string, remedy: string): JournalEntry {
  try {
    return parseDocument(journalEntry, read(), source);
  } catch (error) {
    if (!(error instanceof InvalidDocumentError)) throw error;
    throw new InvalidDocumentError(error.source, [...error.problems, remedy]);
  }
}
