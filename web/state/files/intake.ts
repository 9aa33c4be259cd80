import { isDescribed } from '../../../models/hub/given/model-folders.ts';
import { opened, refreshTabs } from '../app.ts';
import { goTo } from '../go-to.ts';
import { newPipelines, ownModels, ownPipelineFiles } from '../pipelines/changes.ts';
import { openWithPipeline } from '../pipelines/pipelines.ts';
import { type Document, type Landing, readDocument, take } from './documents.ts';
import { asideOf, kindOf } from './kinds.ts';

/**
 * Opens files by their contents. A manifest with its files is a pipeline; so are models with labelled data, or with their
 * configuration files from the hub. Otherwise each file is opened by itself: documents, pipelines, and models and labelled packs
 * for the chosen pipeline. If a document is refused, the other documents are still opened, and then the error is thrown.
 * @throws FileTooLargeError, UnknownFileError, FiguresOnlyError, InvalidDocumentError, UnsupportedDocumentError, StoreFullError,
 * and errors of adding models and pipelines
 */
export async function openFiles(files: readonly File[]): Promise<void> {
  const kinds: Record<Awaited<ReturnType<typeof kindOf>>, File[]> = {
    model: [],
    pack: [],
    tar: [],
    labelled: [],
    document: [],
  };
  const isAside = asideOf(files);
  for (const file of files) {
    const kind = await kindOf(file);
    if (kind !== 'document' || !(await isAside(file))) kinds[kind].push(file);
  }
  // Beside labelled pictures, JSON files hold the boxes of objects, so they are labelled data too.
  if (kinds.labelled.length > 0) kinds.labelled.push(...kinds.document.splice(0));
  const read = await Promise.allSettled(kinds.document.map(readDocument));
  const documents = read.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const manifest = documents.find(({ kind }) => kind === 'ipa-edge/manifest');
  if (manifest) return (await ownPipelineFiles()).addPipelineFiles(manifest.file, files);
  await takeDocuments(documents);
  const refused = read.find((one) => one.status === 'rejected');
  if (refused) throw refused.reason;
  for (const archive of kinds.tar) await (await ownPipelineFiles()).addPipelineTar(archive);
  if (kinds.model.length > 0 && (kinds.labelled.length > 0 || isDescribed(kinds.model)))
    return (await newPipelines()).makePipeline(kinds.model, kinds.labelled);
  if (kinds.model.length > 0) await (await ownModels()).addOrOffer(kinds.model);
  if (kinds.labelled.length > 0) await (await ownModels()).replacePack(kinds.labelled);
  for (const pack of kinds.pack) await (await ownModels()).replacePack([pack]);
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
    await refreshTabs();
  }
  if (profile !== undefined && profile !== opened.value?.sha256) await openWithPipeline(profile);
  if (last) goTo(last.section);
}
