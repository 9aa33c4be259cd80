import { z } from 'zod';
import { parseJson } from '../../solver/documents/document.ts';
import { profileSchema } from '../../solver/documents/profile.ts';
import { runReportSchema } from '../../solver/documents/report.ts';
import { canonicalJson } from '../../workers/store/canonical.ts';
import { tryoutSchema } from './load.ts';
import { questionSchema } from './planning.ts';
import { profileSettingsSchema } from './settings.ts';

export const ARCHIVE = 'ipa-edge/archive@1';

/** Everything that the page holds, in one document. */
const archiveSchema = z.strictObject({
  schema: z.literal(ARCHIVE),
  /** Every saved profile, the newest first. */
  profiles: z.array(profileSchema).max(1000),
  /** Place of the opened one; null: none was. */
  opened: z.int().nonnegative().nullable(),
  measure: profileSettingsSchema,
  plan: questionSchema,
  load: tryoutSchema,
  /** The last run here; null: there was none. */
  run: runReportSchema.nullable(),
});
export type Archive = z.infer<typeof archiveSchema>;

/** The same archive gives the same bytes. */
export const exportArchive = (archive: Archive): string => canonicalJson(archive);

/** @throws InvalidDocumentError, UnsupportedDocumentError */
export const importArchive = (text: string, source: string): Archive =>
  parseJson(archiveSchema, text, source, ARCHIVE);
