import { z } from 'zod';
import { canonicalJson } from '../../../solver/documents/canonical.ts';
import { listOf } from '../../../solver/documents/common.ts';
import { parseJson } from '../../../solver/documents/document.ts';
import { profileSchema } from '../../../solver/documents/profile.ts';
import { runReportSchema } from '../../../solver/documents/run-report.ts';
import { profileSettingsSchema } from '../measure/settings.ts';
import { pinnedSchema } from '../plan/planning.ts';
import { planSettingsSchema } from '../plan/settings.ts';
import { profileNamesSchema } from '../profile-names.ts';
import { trySettingsSchema } from '../try/load.ts';

export const ARCHIVE = 'ipa-edge/archive@1';

/** An archive: one document with profiles and all settings of the page. */
const archiveSchema = z.strictObject({
  schema: z.literal(ARCHIVE),
  /** Saved profiles, newest first: all of them or, where one archive would be too large, a part. */
  profiles: listOf(profileSchema),
  /** Index of the opened profile; null if none of these profiles was open. */
  opened: z.int().nonnegative().nullable(),
  measure: profileSettingsSchema,
  plan: planSettingsSchema,
  load: trySettingsSchema,
  /** The last run of a plan; null if there was none. */
  run: runReportSchema.nullable(),
  pinned: pinnedSchema.nullable().default(null),
  names: profileNamesSchema.default({}),
});
type Archive = z.infer<typeof archiveSchema>;

/** Writes an archive. Equal archives have equal texts. */
export const exportArchive = (archive: Archive): string => canonicalJson(archive);

/** @throws InvalidDocumentError, UnsupportedDocumentError */
export const importArchive = (text: string, source: string): Archive =>
  parseJson(archiveSchema, text, source, ARCHIVE);
