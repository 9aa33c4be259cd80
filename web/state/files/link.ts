import { z } from 'zod';
import { parseJson } from '../../../solver/documents/document.ts';
import { attempt } from '../app.ts';
import { askedSettings, profileSettingsSchema } from '../measure/settings.ts';
import { ask, questionSchema } from '../plan/planning.ts';
import { tryout, tryoutSchema } from '../try/load.ts';

/** What a link carries: the settings of Measure, Plan and Try it. It carries no profile and no name of a device. */
const linkSchema = z.strictObject({
  measure: profileSettingsSchema,
  plan: questionSchema,
  load: tryoutSchema,
});
export type LinkedSettings = z.infer<typeof linkSchema>;

const PREFIX = '#settings=';

/** The page's address with the settings in its hash, since a browser sends the hash to no server. */
export function settingsLink(page: string, linked: LinkedSettings): string {
  return page.replace(/#.*$/, '') + PREFIX + encodeURIComponent(JSON.stringify(linked));
}

/** The settings in a link's hash; null where it has none. @throws InvalidDocumentError */
export function readSettings(hash: string): LinkedSettings | null {
  if (!hash.startsWith(PREFIX)) return null;
  let text: string;
  try {
    text = decodeURIComponent(hash.slice(PREFIX.length));
  } catch {
    text = hash;
  }
  return parseJson(linkSchema, text, "The link's settings");
}

/** Takes the settings from the page's address and removes them there, so that a reload keeps later changes. */
export async function applyLink(): Promise<void> {
  const { hash } = location;
  // Without settings in the address, the last error stays on screen.
  if (!hash.startsWith(PREFIX)) return;
  await attempt(async () => {
    history.replaceState(null, '', `${location.pathname}${location.search}`);
    const linked = readSettings(hash)!;
    askedSettings.value = linked.measure;
    ask(linked.plan);
    tryout.value = linked.load;
  });
}
