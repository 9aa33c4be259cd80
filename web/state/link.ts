import { z } from 'zod';
import { parseJson } from '../../solver/documents/document.ts';
import { attempt } from './app.ts';
import { tryout, tryoutSchema } from './load.ts';
import { ask, questionSchema } from './planning.ts';
import { profileSettingsSchema, settings } from './settings.ts';

/** What a link carries: the settings of Measure, Plan and Try it. No profile, no name of a device. */
const linkSchema = z.strictObject({
  measure: profileSettingsSchema,
  plan: questionSchema,
  load: tryoutSchema,
});
export type LinkedSettings = z.infer<typeof linkSchema>;

const PREFIX = '#settings=';

/** The page's address with the settings in its hash, which no server gets to see. */
export function settingsLink(page: string, linked: LinkedSettings): string {
  return page.replace(/#.*$/, '') + PREFIX + encodeURIComponent(JSON.stringify(linked));
}

/** The settings of a link; null: it carries none. @throws InvalidDocumentError */
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

/** Takes the settings of this page's address, once: a reload keeps what was changed since. */
export async function takeLink(): Promise<void> {
  const { hash } = location;
  // Before what went wrong last is put away: without a link nothing is done.
  if (!hash.startsWith(PREFIX)) return;
  await attempt(async () => {
    history.replaceState(null, '', `${location.pathname}${location.search}`);
    const linked = readSettings(hash)!;
    settings.value = linked.measure;
    ask(linked.plan);
    tryout.value = linked.load;
  });
}
