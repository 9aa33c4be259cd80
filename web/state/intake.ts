import { PROFILE } from '../../solver/documents/profile.ts';
import { importProfile } from '../../workers/store/exchange.ts';
import { open, opened, refresh, store } from './app.ts';
import { ARCHIVE, importArchive } from './archive.ts';
import { ask } from './planning.ts';
import { settings } from './settings.ts';

/** Larger files are not read: the page would stand still, and no profile is so large. */
const MOST_BYTES = 64_000_000;

/** A file is larger than any document of ours. */
export class FileTooLargeError extends Error {
  override name = 'FileTooLargeError';
  constructor(file: File) {
    const megabytes = (bytes: number) => Math.ceil(bytes / 1e6).toLocaleString('en');
    super(
      `${file.name} has ${megabytes(file.size)} MB, and at most ${megabytes(MOST_BYTES)} MB are read here. ` +
        'A profile has a few MB: check that it is the right file.',
    );
  }
}

/** A file is none that the page can open. */
export class UnknownFileError extends Error {
  override name = 'UnknownFileError';
  constructor(name: string, found: string) {
    super(
      `${name} is ${found}. Drop a profile or an archive that was exported here, or a profile that ipa-edge profile wrote.`,
    );
  }
}

/**
 * Saves what files hold, profiles and archives of everything, and opens the last of it.
 * @throws FileTooLargeError, UnknownFileError, InvalidDocumentError, UnsupportedDocumentError, StoreFullError
 */
export async function takeFiles(files: readonly File[]): Promise<void> {
  const tooLarge = files.find(({ size }) => size > MOST_BYTES);
  if (tooLarge) throw new FileTooLargeError(tooLarge);
  let last: string | undefined;
  try {
    for (const file of files) {
      const text = await file.text();
      last =
        schemaOf(text, file.name) === ARCHIVE ? await restore(text, file.name) : await save(text, file.name);
    }
  } finally {
    // Those before one that is refused are saved.
    await refresh();
  }
  if (last !== undefined && last !== opened.value?.id) await open(last);
}

/** The `"schema"` of a document's text; every document of ours has one. */
function schemaOf(text: string, name: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UnknownFileError(name, `not JSON (${(error as Error).message})`);
  }
  const schema = (value as { schema?: unknown } | null)?.schema;
  if (typeof schema !== 'string') throw new UnknownFileError(name, 'JSON without a "schema"');
  if (schema !== ARCHIVE && !schema.startsWith(PROFILE.replace(/\d+$/, '')))
    throw new UnknownFileError(name, `a document ${JSON.stringify(schema.slice(0, 60))}`);
  return schema;
}

/** @returns its id */
async function save(text: string, name: string): Promise<string> {
  return (await store.value!.saveProfile(importProfile(text, name))).id;
}

/** @returns the id of the profile that was open; undefined: none was */
async function restore(text: string, name: string): Promise<string | undefined> {
  const { profiles, opened: place, measure, plan } = importArchive(text, name);
  const ids: string[] = [];
  for (const profile of profiles) ids.push((await store.value!.saveProfile(profile)).id);
  settings.value = measure;
  ask(plan);
  return place === null ? undefined : ids[place];
}
