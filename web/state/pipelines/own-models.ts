import { dtypeNamed } from '../../../models/hub/dtypes.ts';
import { ITEM_NOUNS } from '../../../models/items/item-format.ts';
import { addVariant, freeName, removeVariant, variantName } from '../../../models/manifests/edit.ts';
import {
  type LoadedManifest,
  type ModelBytes,
  sha256Hex,
  withFiles,
} from '../../../models/manifests/load.ts';
import { packOf } from '../../../models/packs/pack.ts';
import {
  type Manifest,
  type ManifestStage,
  type ManifestVariant,
  sha256Of,
  weightsRole,
} from '../../../solver/documents/manifest.ts';
import { ModelMismatchError } from '../../../workers/runtime/errors.ts';
import type { ModelChecker } from '../../engine/check-model.ts';
import { models } from '../app.ts';
import { modelsWithWeights } from '../files/weights.ts';
import { addOneByOne, bytesOf, lastAdded } from './adding.ts';
import { isOwn, ownPipelines, setChosen, usedNames } from './pipelines.ts';

/** The stage already has this model as a variant. */
class DuplicateModelError extends Error {
  override name = 'DuplicateModelError';
  constructor(file: string, stage: string, variant: string) {
    super(
      `${file} has the same bytes as the variant ${stage}/${variant}. Add another model, or delete that variant first.`,
    );
  }
}

class NoStageError extends Error {
  override name = 'NoStageError';
  constructor(file: string, reasons: readonly string[]) {
    super(`${file} fits no stage:\n${reasons.join('\n')}`);
  }
}

class AmbiguousStageError extends Error {
  override name = 'AmbiguousStageError';
  constructor(file: string, stages: readonly string[]) {
    super(`${file} fits the stages ${stages.join(' and ')}. Drop it on the stage that you mean.`);
  }
}

const NONE_PUBLISHED = 'none: this is your own model; its accuracy is measured on the labelled pack';

/** A file's bytes, with what a manifest says of a file. */
interface ReadFile {
  readonly name: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

async function readFile(file: File): Promise<ReadFile> {
  const bytes = await bytesOf(file);
  return { name: file.name, sha256: await sha256Hex(bytes), sizeBytes: bytes.length, bytes };
}

/**
 * Adds models, with their files of weights, to the chosen pipeline or, if it is a shipped one, to a copy of it. Models before a
 * refused one are added.
 * @param stage null for the stage that each model fits
 * @throws WeightsAloneError, FileTooLargeError, ModelLoadError, ModelMismatchError, OutputShapeError, NoStageError,
 * AmbiguousStageError, DuplicateModelError, StoreFullError, StoreUnavailableError
 */
export const addModels = (files: readonly File[], stage: string | null): Promise<void> =>
  addOneByOne(async ({ checker, step }) => {
    for (const given of modelsWithWeights(files)) {
      step(`Checking ${given.file.name}`);
      const model = await readFile(given.file);
      const weights = await Promise.all(given.weights.map(readFile));
      const base = ownCopy();
      const { stages } = base.manifest;
      const fit = await fitting(
        checker,
        stages.filter(({ name }) => stage === null || name === stage),
        model.name,
        {
          model: model.bytes,
          ...Object.fromEntries(weights.map(({ name, bytes }) => [weightsRole('model', name), bytes])),
        },
      );
      const variant = variantOf(variantName(model.name, fit.stage), model, weights);
      const same = fit.stage.variants.find((one) => sha256Of(one) === sha256Of(variant));
      if (same) throw new DuplicateModelError(model.name, fit.stage.name, same.name);
      step(`Saving ${model.name}`);
      await saveEdited(base, addVariant(base.manifest, fit.stage.name, variant), [model, ...weights]);
      lastAdded.value = `${variant.name} is a variant of ${fit.stage.name}: it ${fit.tensors}.`;
    }
  });

function variantOf(
  name: string,
  { bytes: _, ...model }: ReadFile,
  weights: readonly ReadFile[],
): ManifestVariant {
  const data = weights.map(({ bytes: _, ...file }) => ({ ...file, file: file.name }));
  const { name: file, ...facts } = model;
  return {
    name,
    sessions: {
      model: { file: `${name}.onnx`, ...facts, dtype: dtypeNamed(file), ...(data.length > 0 && { data }) },
    },
    accuracy: null,
    accuracySource: NONE_PUBLISHED,
  };
}

/** Finds the only stage whose inputs and outputs match the model's. */
async function fitting(
  checker: ModelChecker,
  stages: readonly ManifestStage[],
  file: string,
  models: ModelBytes,
): Promise<{ stage: ManifestStage; tensors: string }> {
  const fits: { stage: ManifestStage; tensors: string }[] = [];
  const misfits: ModelMismatchError[] = [];
  for (const stage of stages)
    try {
      fits.push({ stage, tensors: await checker.check(stage, file, models) });
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
export function ownCopy(): LoadedManifest {
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
  added: readonly Pick<ReadFile, 'sha256' | 'bytes'>[] = [],
): Promise<void> {
  const read: LoadedManifest['readVerified'] = async (file, sha256) =>
    added.find((one) => one.sha256 === sha256)?.bytes ?? base.readVerified(file, sha256);
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
    await saveEdited(base, { ...base.manifest, pack: { file: 'pack.bin', sha256, source } }, [
      { sha256, bytes },
    ]);
    lastAdded.value = `Measuring and running use ${source} from now on.`;
  });

/** Deletes a variant of a pipeline that the user added. @throws InvalidDocumentError if the stage has no other */
export const dropVariant = (stage: string, variant: string): Promise<void> =>
  addOneByOne(async () => {
    const base = models.value!;
    await saveEdited(base, removeVariant(base.manifest, stage, variant));
  });
