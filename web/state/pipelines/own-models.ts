import { dtypeNamed } from '../../../models/hub/dtypes.ts';
import { ITEM_NOUNS } from '../../../models/items/item-format.ts';
import { addVariant, freeName, removeVariant, variantName } from '../../../models/manifests/edit.ts';
import { type LoadedManifest, sha256Hex, withFiles } from '../../../models/manifests/load.ts';
import { packOf } from '../../../models/packs/pack.ts';
import { type Manifest, type ManifestStage, sha256Of } from '../../../solver/documents/manifest.ts';
import { ModelMismatchError } from '../../../workers/runtime/errors.ts';
import type { ModelChecker } from '../../engine/check-model.ts';
import { models } from '../app.ts';
import { addOneByOne, bytesOf, lastAdded } from './adding.ts';
import { isOwn, ownPipelines, setChosen, usedNames } from './pipelines.ts';

/** The stage already has this model as a variant. */
export class DuplicateModelError extends Error {
  override name = 'DuplicateModelError';
  constructor(file: string, stage: string, variant: string) {
    super(
      `${file} has the same bytes as the variant ${stage}/${variant}. Add another model, or delete that variant first.`,
    );
  }
}

export class NoStageError extends Error {
  override name = 'NoStageError';
  constructor(file: string, reasons: readonly string[]) {
    super(`${file} fits no stage:\n${reasons.join('\n')}`);
  }
}

export class AmbiguousStageError extends Error {
  override name = 'AmbiguousStageError';
  constructor(file: string, stages: readonly string[]) {
    super(`${file} fits the stages ${stages.join(' and ')}. Drop it on the stage that you mean.`);
  }
}

const NONE_PUBLISHED = 'none: this is your own model; its accuracy is measured on the labelled pack';

/**
 * Adds models to the chosen pipeline or, if it is a shipped one, to a copy of it. Models before a refused one are added.
 * @param stage null for the stage that each model fits
 * @throws FileTooLargeError, ModelLoadError, ModelMismatchError, OutputShapeError, NoStageError, AmbiguousStageError,
 * DuplicateModelError, StoreFullError, StoreUnavailableError
 */
export const addModels = (files: readonly File[], stage: string | null): Promise<void> =>
  addOneByOne(async ({ checker, step }) => {
    for (const file of files) {
      step(`Checking ${file.name}`);
      const bytes = await bytesOf(file);
      const base = ownCopy();
      const { stages } = base.manifest;
      const fit = await fitting(
        checker,
        stages.filter(({ name }) => stage === null || name === stage),
        file.name,
        bytes,
      );
      const sha256 = await sha256Hex(bytes);
      const same = fit.stage.variants.find((variant) => sha256Of(variant) === sha256);
      if (same) throw new DuplicateModelError(file.name, fit.stage.name, same.name);
      const name = variantName(file.name, fit.stage);
      const edited = addVariant(base.manifest, fit.stage.name, {
        name,
        sessions: {
          model: { file: `${name}.onnx`, sha256, sizeBytes: bytes.length, dtype: dtypeNamed(file.name) },
        },
        accuracy: null,
        accuracySource: NONE_PUBLISHED,
      });
      step(`Saving ${file.name}`);
      await saveEdited(base, edited, { sha256, bytes });
      lastAdded.value = `${name} is a variant of ${fit.stage.name}: it ${fit.tensors}.`;
    }
  });

/** Finds the only stage whose inputs and outputs match the model's. */
async function fitting(
  checker: ModelChecker,
  stages: readonly ManifestStage[],
  file: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ stage: ManifestStage; tensors: string }> {
  const fits: { stage: ManifestStage; tensors: string }[] = [];
  const misfits: ModelMismatchError[] = [];
  for (const stage of stages)
    try {
      fits.push({ stage, tensors: await checker.check(stage, file, { model: bytes }) });
    } catch (error) {
      if (!(error instanceof ModelMismatchError)) throw error;
      misfits.push(error);
    }
  if (fits.length > 1)
    throw new AmbiguousStageError(
      file,
      fits.map(({ stage }) => stage.name),
    );
  if (fits[0]) return fits[0];
  throw misfits.length === 1
    ? misfits[0]!
    : new NoStageError(
        file,
        misfits.map((misfit, i) => `${stages[i]!.name}: ${misfit.message}`),
      );
}

/** The chosen pipeline, or a renamed copy if it is a shipped one, which must not change. */
function ownCopy(): LoadedManifest {
  const chosen = models.value!;
  if (isOwn.value) return chosen;
  const { name } = chosen.manifest;
  const manifest = { ...chosen.manifest, name: freeName(`${name}-own`, usedNames()) };
  return withFiles(manifest, chosen.readVerified);
}

/** Saves an edited pipeline and makes it the chosen one. */
async function saveEdited(
  base: LoadedManifest,
  edited: Manifest,
  added?: { readonly sha256: string; readonly bytes: Uint8Array<ArrayBuffer> },
): Promise<void> {
  const read: LoadedManifest['readVerified'] = async (file, sha256) =>
    added?.sha256 === sha256 ? added.bytes : base.readVerified(file, sha256);
  setChosen(await ownPipelines.save(withFiles(edited, read)));
}

/**
 * Replaces the labelled pack of the chosen pipeline or, if it is a shipped one, of a copy.
 * @throws FileTooLargeError, InvalidPackError, StoreFullError, StoreUnavailableError
 */
export const replacePack = (file: File): Promise<void> =>
  addOneByOne(async ({ step }) => {
    step(`Checking ${file.name}`);
    const bytes = await bytesOf(file);
    const base = ownCopy();
    const pack = await packOf(bytes, file.name, base.pipeline);
    const { stage, task } = base.pipeline.first;
    const sha256 = await sha256Hex(bytes);
    const source = `${pack.items.lengths.length} ${ITEM_NOUNS[task.itemFormat(stage).kind].many} of ${file.name.slice(0, 200)}`;
    step(`Saving ${file.name}`);
    await saveEdited(
      base,
      { ...base.manifest, pack: { file: 'pack.bin', sha256, source } },
      { sha256, bytes },
    );
    lastAdded.value = `Measuring and running use ${source} from now on.`;
  });

/** Deletes a variant of a pipeline that the user added. @throws InvalidDocumentError if the stage has no other */
export const dropVariant = (stage: string, variant: string): Promise<void> =>
  addOneByOne(async () => {
    const base = models.value!;
    await saveEdited(base, removeVariant(base.manifest, stage, variant));
  });
