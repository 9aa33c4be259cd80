import { isAssetName } from '../../../models/hub/file-names.ts';
import { MANIFEST, MANIFEST_1 } from '../../../solver/documents/manifest.ts';
import { PROFILE } from '../../../solver/documents/profile.ts';
import { identify, importProfile } from '../../../workers/store/exchange.ts';
import { opened, refresh, store } from '../app.ts';
import { askedSettings } from '../measure/settings.ts';
import { ownModels, ownPipelineFiles } from '../pipelines/changes.ts';
import { openWithPipeline } from '../pipelines/pipelines.ts';
import { changePlanSettings } from '../plan/planning.ts';
import { trySettings } from '../try/load.ts';
import { tried } from '../try/trying.ts';
import { ARCHIVE, importArchive } from './archive.ts';
import { checkSize } from './file-size.ts';
import { isWeights } from './weights.ts';

/** Most bytes of a document: no profile is larger, and reading a larger file would freeze the page. */
const MOST_BYTES = 64_000_000;

/** A file is of no kind that the page can open. */
class UnknownFileError extends Error {
  override name = 'UnknownFileError';
  constructor(name: string, found: string) {
    super(
      `${name} is ${found}. This page opens profiles and archives that it saved, profiles of the ipa-edge commands, ` +
        'ONNX models (.onnx, with their .onnx_data, tokenizer.json and the like), labelled packs, pipelines (.tar), and a manifest together with its files.',
    );
  }
}

interface Document {
  readonly file: File;
  readonly text: string;
  /** Value of the field `schema`, which every document of ipa-edge has. */
  readonly schema: string;
}

/**
 * Opens files by their contents. A manifest and the other files together are a pipeline. Without a manifest, each file is
 * opened by itself: profiles, archives, pipelines, and models and labelled packs for the chosen pipeline. Files opened before a
 * refused one stay open.
 * @throws FileTooLargeError, UnknownFileError, InvalidDocumentError, UnsupportedDocumentError, StoreFullError, and errors of
 * adding models and pipelines
 */
export async function openFiles(files: readonly File[]): Promise<void> {
  const kinds = { model: [] as File[], pack: [] as File[], tar: [] as File[], document: [] as File[] };
  for (const file of files) kinds[await kindOf(file)].push(file);
  const documents = await Promise.all(kinds.document.map(readDocument));
  const manifest = documents.find(({ schema }) => schema === MANIFEST || schema === MANIFEST_1);
  if (manifest) return (await ownPipelineFiles()).addPipelineFiles(manifest.file, files);
  await takeDocuments(documents);
  for (const archive of kinds.tar) await (await ownPipelineFiles()).addPipelineTar(archive);
  if (kinds.model.length > 0) await (await ownModels()).addModels(kinds.model, null);
  for (const pack of kinds.pack) await (await ownModels()).replacePack(pack);
}

async function kindOf(file: File): Promise<'model' | 'pack' | 'tar' | 'document'> {
  if (/\.onnx$/i.test(file.name) || isWeights(file) || isAssetName(file.name)) return 'model';
  if (/\.tar$/i.test(file.name)) return 'tar';
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const isGzip = first === 0x1f && second === 0x8b;
  return isGzip ? 'pack' : 'document';
}

async function readDocument(file: File): Promise<Document> {
  checkSize(file, MOST_BYTES);
  const { name } = file;
  const text = await file.text();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UnknownFileError(name, `not JSON (${(error as Error).message})`);
  }
  const schema = (value as { schema?: unknown } | null)?.schema;
  if (typeof schema !== 'string') throw new UnknownFileError(name, 'JSON without a "schema"');
  if (![ARCHIVE, MANIFEST, MANIFEST_1].includes(schema) && !schema.startsWith(PROFILE.replace(/\d+$/, '')))
    throw new UnknownFileError(name, `a document ${JSON.stringify(schema.slice(0, 60))}`);
  return { file, text, schema };
}

async function takeDocuments(documents: readonly Document[]): Promise<void> {
  let last: string | undefined;
  try {
    for (const { file, text, schema } of documents)
      last = schema === ARCHIVE ? await restore(text, file.name) : await save(text, file.name);
  } finally {
    await refresh();
  }
  if (last !== undefined && last !== opened.value?.sha256) await openWithPipeline(last);
}

/** Saves a profile. @returns its id */
async function save(text: string, name: string): Promise<string> {
  return (await store.value!.saveProfile(await identify(importProfile(text, name)))).id;
}

/** Restores an archive. @returns the id of the profile that was open when the archive was saved, or undefined */
async function restore(text: string, name: string): Promise<string | undefined> {
  const { profiles, opened, measure, plan, load, run } = importArchive(text, name);
  const ids: string[] = [];
  for (const profile of profiles) ids.push((await store.value!.saveProfile(await identify(profile))).id);
  askedSettings.value = measure;
  changePlanSettings(plan);
  trySettings.value = load;
  tried.value = run;
  return opened === null ? undefined : ids[opened];
}
