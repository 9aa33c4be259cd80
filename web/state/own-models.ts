import { addVariant, freeName, removeVariant, variantName } from '../../models/manifests/edit.ts';
import { type LoadedManifest, sha256Hex, withFiles } from '../../models/manifests/load.ts';
import type { Manifest, ManifestStage } from '../../models/manifests/manifest.ts';
import { packOf } from '../../models/packs/pack.ts';
import { ModelMismatchError } from '../../workers/runtime/errors.ts';
import type { ModelChecker } from '../engine/check-model.ts';
import { models } from './app.ts';
import { isOwn, kept, own, SHIPPED, show } from './pipelines.ts';
import { bytesOf, take, taken } from './taking.ts';

/** A model is a variant of its stage already. */
export class DuplicateModelError extends Error {
  override name = 'DuplicateModelError';
  constructor(file: string, stage: string, variant: string) {
    super(`${file} is the model ${stage}/${variant} to the bit. Drop another one, or remove that first.`);
  }
}

/** A model is of no stage of the pipeline. */
export class NoStageError extends Error {
  override name = 'NoStageError';
  constructor(file: string, reasons: readonly string[]) {
    super(`${file} fits no stage:\n${reasons.join('\n')}`);
  }
}

/** Models of several stages could be this one. */
export class AmbiguousStageError extends Error {
  override name = 'AmbiguousStageError';
  constructor(file: string, stages: readonly string[]) {
    super(`${file} fits the stages ${stages.join(' and ')}. Drop it on the one that it is for.`);
  }
}

const NONE_PUBLISHED = 'none, since it is a model of your own; it is measured on the labelled pack';

/**
 * Adds models to the chosen pipeline, or to a copy of it where it is the shipped one. Those before one that is refused are added.
 * @param stage null: the one that they fit
 * @throws FileTooLargeError, ModelLoadError, ModelMismatchError, OutputShapeError, NoStageError,
 * AmbiguousStageError, DuplicateModelError, StoreFullError, StoreUnavailableError
 */
export const addModels = (files: readonly File[], stage: string | null): Promise<void> =>
  take(async ({ checker, tell }) => {
    for (const file of files) {
      tell(`Checking ${file.name}`);
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
      const same = fit.stage.variants.find((variant) => variant.sha256 === sha256);
      if (same) throw new DuplicateModelError(file.name, fit.stage.name, same.name);
      const name = variantName(file.name, fit.stage);
      const edited = addVariant(base.manifest, fit.stage.name, {
        name,
        file: `${name}.onnx`,
        sha256,
        sizeBytes: bytes.length,
        accuracy: null,
        accuracySource: NONE_PUBLISHED,
      });
      tell(`Saving ${file.name}`);
      await keep(base, edited, { sha256, bytes });
      taken.value = `${name} is a variant of ${fit.stage.name}: it ${fit.tensors}.`;
    }
  });

/** The stage whose models take and give what this one does. */
async function fitting(
  checker: ModelChecker,
  stages: readonly ManifestStage[],
  file: string,
  bytes: Uint8Array,
): Promise<{ stage: ManifestStage; tensors: string }> {
  const fits: { stage: ManifestStage; tensors: string }[] = [];
  const misfits: ModelMismatchError[] = [];
  for (const stage of stages)
    try {
      fits.push({ stage, tensors: await checker.check(stage, file, bytes) });
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

/** The chosen pipeline to be changed: the shipped one stays, and is copied under another name. */
function ownCopy(): LoadedManifest {
  const chosen = models.value!;
  if (isOwn.value) return chosen;
  const { name } = chosen.manifest;
  const manifest = { ...chosen.manifest, name: freeName(`${name}-own`, [SHIPPED, ...own.value]) };
  return withFiles(manifest, chosen.readVerified);
}

/** Keeps and shows a pipeline in place of the one that it was made of. */
async function keep(
  base: LoadedManifest,
  edited: Manifest,
  added?: { readonly sha256: string; readonly bytes: Uint8Array<ArrayBuffer> },
): Promise<void> {
  const read: LoadedManifest['readVerified'] = async (file, sha256) =>
    added?.sha256 === sha256 ? added.bytes : base.readVerified(file, sha256);
  show(await kept.save(withFiles(edited, read)));
}

/**
 * Measures the chosen pipeline, or a copy of the shipped one, on another labelled pack.
 * @throws FileTooLargeError, InvalidPackError, StoreFullError, StoreUnavailableError
 */
export const replacePack = (file: File): Promise<void> =>
  take(async ({ tell }) => {
    tell(`Checking ${file.name}`);
    const bytes = await bytesOf(file);
    const base = ownCopy();
    const pack = await packOf(bytes, file.name, base.manifest.stages);
    const sha256 = await sha256Hex(bytes);
    const source = `${pack.images.count} images of ${file.name.slice(0, 200)}`;
    tell(`Saving ${file.name}`);
    await keep(base, { ...base.manifest, pack: { file: 'pack.bin', sha256, source } }, { sha256, bytes });
    taken.value = `Measured and run on ${source} from now on.`;
  });

/** Takes a variant out of a pipeline of the user's own. @throws InvalidDocumentError where it is the stage's last */
export const dropVariant = (stage: string, variant: string): Promise<void> =>
  take(async () => {
    const base = models.value!;
    await keep(base, removeVariant(base.manifest, stage, variant));
  });
