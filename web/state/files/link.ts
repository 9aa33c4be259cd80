import { z } from 'zod';
import { parseJson } from '../../../solver/documents/document.ts';
import { attempt } from '../app.ts';
import { askedSettings, profileSettingsSchema } from '../measure/settings.ts';
import { changePlanSettings, planSettingsSchema } from '../plan/planning.ts';
import { trySettings, trySettingsSchema } from '../try/load.ts';

/** Contents of a link: the settings of the sections Measure, Plan and Try it, without any profile or device name. */
const linkSchema = z.strictObject({
  measure: profileSettingsSchema,
  plan: planSettingsSchema,
  load: trySettingsSchema,
});
export type LinkedSettings = z.infer<typeof linkSchema>;

const PREFIX = '#settings=';

/** A link with the settings in its hash, which browsers never send to a server. */
export function settingsLink(page: string, linked: LinkedSettings): string {
  return page.replace(/#.*$/, '') + PREFIX + encodeURIComponent(JSON.stringify(linked));
}

/** Reads the settings in a link's hash; null if there are none. @throws InvalidDocumentError */
function readSettings(hash: string): LinkedSettings | null {
  if (!hash.startsWith(PREFIX)) return null;
  let text: string;
  try {
    text = decodeURIComponent(hash.slice(PREFIX.length));
  } catch {
    text = hash;
  }
  return parseJson(linkSchema, text, "The link's settings");
}

/** Applies the settings in the page's address and removes them from it, so that a reload keeps later changes. */
export async function applyLink(): Promise<void> {
  const { hash } = location;
  // An address without settings must not hide the last error.
  if (!hash.startsWith(PREFIX)) return;
  await attempt(async () => {
    history.replaceState(null, '', `${location.pathname}${location.search}`);
    const linked = readSettings(hash)!;
    askedSettings.value = linked.measure;
    changePlanSettings(linked.plan);
    trySettings.value = linked.load;
  });
}
