import { z } from 'zod';
import { sha256 } from '../../../solver/documents/common.ts';
import { InvalidDocumentError, parseJson } from '../../../solver/documents/document.ts';
import { attempt, saved, told } from '../app.ts';
import { askedSettings, profileSettingsSchema } from '../measure/settings.ts';
import { openWithPipeline } from '../pipelines/pipelines.ts';
import { pinned, pinnedSchema } from '../plan/planning.ts';
import { planSettingsSchema, takePlanSettings } from '../plan/settings.ts';
import { trySettings, trySettingsSchema } from '../try/load.ts';

/** Contents of a link: the settings of the sections Measure, Plan and Try it, and the pinned plan, without any measurement. */
const linkSchema = z.strictObject({
  measure: profileSettingsSchema,
  plan: planSettingsSchema,
  load: trySettingsSchema,
  pinned: pinnedSchema.nullable().optional(),
  /** The opened profile, which the link names but does not contain. */
  profile: z.strictObject({ sha256, title: z.string().max(200) }).optional(),
});
type LinkedSettings = z.infer<typeof linkSchema>;

/** A link is cut short, or was changed. */
class BrokenLinkError extends Error {
  override name = 'BrokenLinkError';
  constructor(cause: InvalidDocumentError) {
    super(
      `${cause.message}\nNothing of the link is in use. Ask whoever sent the link to copy it again, whole.`,
      { cause },
    );
  }
}

const PREFIX = '#settings=';

/** Makes a link with its contents in its hash, which browsers never send to a server. */
export function settingsLink(page: string, linked: LinkedSettings): string {
  return page.replace(/#.*$/, '') + PREFIX + encodeURIComponent(JSON.stringify(linked));
}

/** Reads the settings in a link's hash. @throws BrokenLinkError */
function readSettings(hash: string): LinkedSettings {
  let text: string;
  try {
    text = decodeURIComponent(hash.slice(PREFIX.length));
  } catch {
    text = hash;
  }
  try {
    return parseJson(linkSchema, text, 'The link');
  } catch (error) {
    throw error instanceof InvalidDocumentError ? new BrokenLinkError(error) : error;
  }
}

/** Applies the settings in the page's address and removes them from the address, so that a reload keeps later changes. */
export async function applyLink(): Promise<void> {
  const { hash } = location;
  // An address without settings must not hide the last error.
  if (!hash.startsWith(PREFIX)) return;
  await attempt(async () => {
    history.replaceState(null, '', `${location.pathname}${location.search}`);
    const linked = readSettings(hash);
    askedSettings.value = linked.measure;
    takePlanSettings(linked.plan);
    trySettings.value = linked.load;
    if (linked.pinned !== undefined) pinned.value = linked.pinned;
    if (!linked.profile) return;
    const { sha256: id, title } = linked.profile;
    if (saved.value.some((entry) => entry.id === id)) await openWithPipeline(id);
    else
      told.value = `The link's settings are in use. The link's profile (${title}) is not saved in this browser: ask whoever sent the link for the profile's file, and drop it on this page.`;
  });
}
