import { modelSets } from '../../../models/hub/given/model-sets.ts';
import { addVariant, freeName, removeVariant, variantName } from '../../../models/manifests/edit.ts';
import { type LoadedManifest, withFiles } from '../../../models/manifests/load.ts';
import { type Manifest, sha256Of } from '../../../solver/documents/manifest.ts';
import { ModelMismatchError } from '../../../workers/runtime/errors.ts';
import { models } from '../app.ts';
import { goTo } from '../go-to.ts';
import { addOneByOne, lastAdded } from './adding.ts';
import { chosenModels } from './chosen-models.ts';
import { packedData } from './made-pipeline.ts';
import { fitting, NoStageError, type ReadFile } from './model-fit.ts';
import { isOwn, ownPipelines, setChosen, usedNames } from './pipelines.ts';
import { seeModels } from './seen-models.ts';

/** The stage already has this model as a variant. */
class DuplicateModelError extends Error {
  override name = 'DuplicateModelError';
  constructor(file: string, stage: string, variant: string) {
    super(
      `${file} has the same bytes as the variant ${stage}/${variant}. Add another model, or delete that variant first.`,
    );
  }
}

/**
 * Adds models with the other files that they need, such as weights and tokenizers, to the chosen pipeline or, if that pipeline is
 * a shipped one, to a copy of it. If a model is refused, the models before it stay added.
 * @param stage null for the stage that each model fits
 * @throws WeightsAloneError, AssetsAloneError, FileTooLargeError, ModelLoadError, OutputShapeError, DuplicateModelError,
 * StoreFullError, StoreUnavailableError, and what {@link fitting} throws
 */
export const addModels = (files: readonly File[], stage: string | null): Promise<void> =>
  addOneByOne(async ({ checker, step }) => {
    const { sets, assets } = modelSets(files);
    const sentences: string[] = [];
    for (const set of sets) {
      step(`Checking ${set.name}`);
      const base = await ownCopy();
      const stages = base.manifest.stages.filter(({ name }) => stage === null || name === stage);
      const fit = await fitting(checker, stages, set, assets);
      const name = variantName(set.name, fit.stage);
      const variant = { name, ...fit.unnamed };
      const same = fit.stage.variants.find((one) => sha256Of(one) === sha256Of(variant));
      if (same) throw new DuplicateModelError(set.name, fit.stage.name, same.name);
      step(`Saving ${set.name}`);
      await saveEdited(base, addVariant(base.manifest, fit.stage.name, variant), fit.read);
      sentences.push(`${name} is a variant of ${fit.stage.name}: ${fit.words}.`);
      lastAdded.value = sentences.join(' ');
    }
  });

/**
 * Adds models to the stages that they fit. Detectors that fit no stage are offered as a new pipeline, whose form asks for facts
 * that the detectors' files lack, such as the names of the classes.
 * @throws as {@link addModels}
 */
export async function addOrOffer(files: readonly File[]): Promise<void> {
  try {
    await addModels(files, null);
  } catch (error) {
    if (!(error instanceof NoStageError || error instanceof ModelMismatchError)) throw error;
    const seen = await seeModels(files);
    if (seen.heads.length === 0) throw error;
    chosenModels.value = seen;
    const names = files.map(({ name }) => name).join(' and ');
    lastAdded.value = `${names} fits no stage of ${models.value!.manifest.name}, and looks like a detector in a YOLO format. Name its classes above, under "A new pipeline without a manifest".`;
    goTo('measure');
  }
}

/**
 * Returns the pipeline to edit. A shipped pipeline must not change, so this returns a renamed copy of it. A pipeline of the user
 * is read again from the store, because another tab may have changed it.
 * @throws PipelineNotFoundError, and errors of reading a manifest
 */
export async function ownCopy(): Promise<LoadedManifest> {
  const chosen = models.value!;
  const { name } = chosen.manifest;
  if (isOwn.value) return ownPipelines.load(name);
  const manifest = { ...chosen.manifest, name: freeName(`${name}-own`, usedNames()) };
  return withFiles(manifest, chosen.readVerified);
}

/** Saves an edited pipeline and makes it the chosen one. */
async function saveEdited(
  base: LoadedManifest,
  edited: Manifest,
  added: readonly Pick<ReadFile, 'sha256' | 'bytes'>[] = [],
): Promise<void> {
  const read: LoadedManifest['readVerified'] = async (file, sha256) =>
    added.find((one) => one.sha256 === sha256)?.bytes ?? base.readVerified(file, sha256);
  setChosen(await ownPipelines.save(withFiles(edited, read)));
}

/**
 * Replaces the labelled pack of the chosen pipeline or, if that pipeline is a shipped one, of a copy of it.
 * @param files a pack, or labelled data to make a pack from
 * @throws FileTooLargeError, InvalidPackError, UnfitDataError, StoreFullError, StoreUnavailableError
 */
export const replacePack = (files: readonly File[]): Promise<void> =>
  addOneByOne(async ({ step }) => {
    const base = await ownCopy();
    const { entry, bytes } = await packedData(files, base.pipeline, step);
    step(`Saving ${entry.source}`);
    await saveEdited(base, { ...base.manifest, pack: entry }, [{ sha256: entry.sha256, bytes }]);
    lastAdded.value = `Measuring and running use ${entry.source} from now on.`;
  });

/** Deletes a variant of a pipeline that the user added. @throws InvalidDocumentError if the stage has no other variant */
export const dropVariant = (stage: string, variant: string): Promise<void> =>
  addOneByOne(async () => {
    const base = await ownCopy();
    await saveEdited(base, removeVariant(base.manifest, stage, variant));
  });
