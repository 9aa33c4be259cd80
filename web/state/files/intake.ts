import { isAssetName } from '../../../models/hub/file-names.ts';
import { opened, refresh } from '../app.ts';
import { goTo } from '../go-to.ts';
import { ownModels, ownPipelineFiles } from '../pipelines/changes.ts';
import { openWithPipeline } from '../pipelines/pipelines.ts';
import { type Document, type Landing, readDocument, take } from './documents.ts';
import { isWeights } from './weights.ts';

/**
 * Opens files by their contents. A manifest and the other files together are a pipeline. Without a manifest, each file is
 * opened by itself: documents, pipelines, and models and labelled packs for the chosen pipeline. Files opened before a
 * refused one stay open.
 * @throws FileTooLargeError, UnknownFileError, FiguresOnlyError, InvalidDocumentError, UnsupportedDocumentError, StoreFullError, and errors of
 * adding models and pipelines
 */
export async function openFiles(files: readonly File[]): Promise<void> {
  const kinds = { model: [] as File[], pack: [] as File[], tar: [] as File[], document: [] as File[] };
  for (const file of files) kinds[await kindOf(file)].push(file);
  const documents = await Promise.all(kinds.document.map(readDocument));
  const manifest = documents.find(({ kind }) => kind === 'ipa-edge/manifest');
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

async function takeDocuments(documents: readonly Document[]): Promise<void> {
  let last: Landing | undefined;
  let profile: string | undefined;
  try {
    for (const document of documents) {
      last = await take(document);
      profile = last.profile ?? profile;
    }
  } finally {
    await refresh();
  }
  if (profile !== undefined && profile !== opened.value?.sha256) await openWithPipeline(profile);
  if (last) goTo(last.section);
}
