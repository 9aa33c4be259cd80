import { isDescribed } from '../../../models/hub/given/model-folders.ts';
import { plural } from '../../components/format.ts';
import { opened, refreshTabs, told } from '../app.ts';
import { goTo } from '../go-to.ts';
import { newPipelines, ownModels, ownPipelineFiles } from '../pipelines/changes.ts';
import { openWithPipeline } from '../pipelines/pipelines.ts';
import { type Landing, type OpenedDocument, readDocument, take } from './documents.ts';
import { asideOf, isOwnDocument, kindOf } from './kinds.ts';

/**
 * Opens files by their contents. A manifest is opened as a pipeline with its files, and nothing else is opened with it. Models
 * with labelled data, or with their configuration files from the hub, become a new pipeline. Other models, labelled data and
 * labelled packs change the chosen pipeline. Documents and pipelines in TAR archives are opened one by one. If some files are
 * refused, all others are still opened, and then the first error is thrown.
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
  // Beside labelled data, JSON files that are no documents of ipa-edge hold the boxes of objects, so they are labelled data too.
  if (kinds.labelled.length > 0)
    for (const file of kinds.document.splice(0))
      ((await isOwnDocument(file)) ? kinds.document : kinds.labelled).push(file);
  const read = await Promise.allSettled(kinds.document.map(readDocument));
  const documents = read.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const manifest = documents.find(({ kind }) => kind === 'ipa-edge/manifest');
  if (manifest) return (await ownPipelineFiles()).addPipelineFiles(manifest.file, files);
  const errors = read.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  errors.push(...(await takeDocuments(documents)));
  const additions = [
    ...kinds.tar.map((archive) => async () => (await ownPipelineFiles()).addPipelineTar(archive)),
    () => addModelsAndData(kinds.model, kinds.labelled),
    ...kinds.pack.map((pack) => async () => (await ownModels()).replacePack([pack])),
  ];
  for (const add of additions) await add().catch((error) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}

/** The page names at most this many documents that it opened, so that the message leaves room for the page. */
const NAMED_MAX = 5;

async function addModelsAndData(models: readonly File[], labelled: readonly File[]): Promise<void> {
  if (models.length > 0 && (labelled.length > 0 || isDescribed(models)))
    return (await newPipelines()).makePipeline(models, labelled);
  if (models.length > 0) await (await ownModels()).addOrOffer(models);
  if (labelled.length > 0) await (await ownModels()).replacePack(labelled);
}

/** @returns the errors of the documents that were refused */
async function takeDocuments(documents: readonly OpenedDocument[]): Promise<unknown[]> {
  let last: Landing | undefined;
  const texts: string[] = [];
  let profile: string | undefined;
  const refusals: unknown[] = [];
  for (const [i, document] of documents.entries())
    try {
      if (documents.length > NAMED_MAX) told.value = `Opening file ${i + 1} of ${documents.length} …`;
      last = await take(document);
      texts.push(`Opened ${document.file.name}: ${last.text}.`);
      profile = last.profile ?? profile;
    } catch (error) {
      refusals.push(error);
    }
  await refreshTabs();
  if (profile !== undefined && profile !== opened.value?.sha256) await openWithPipeline(profile);
  if (last) goTo(last.section);
  const more = texts.splice(NAMED_MAX).length;
  if (more > 0) texts.push(`And ${plural(more, 'more file')}.`);
  told.value = texts.join('\n') || null;
  return refusals;
}
