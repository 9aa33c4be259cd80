import { dtypeOf } from '../../../models/hub/dtypes.ts';
import { type GivenFiles, type ModelSet, needFor } from '../../../models/hub/given/model-sets.ts';
import { type ModelBytes, sha256Hex } from '../../../models/manifests/load.ts';
import { scoresOf } from '../../../models/onnx/classifier.ts';
import { readGraph } from '../../../models/onnx/graph.ts';
import type { ClassifyingStage } from '../../../models/tasks/classes.ts';
import { type ManifestStage, type ManifestVariant, weightsRole } from '../../../solver/documents/manifest.ts';
import { ModelMismatchError } from '../../../workers/runtime/errors.ts';
import type { ModelChecker } from '../../engine/check-model.ts';
import { bytesOf } from '../files/file-size.ts';
import { graphText } from './seen-models.ts';

export class NoStageError extends Error {
  override name = 'NoStageError';
  constructor(model: string, reasons: readonly string[]) {
    super(
      `${model} fits no stage:\n${reasons.join('\n')}\nChoose another model, or open it as a new pipeline.`,
    );
  }
}

class AmbiguousStageError extends Error {
  override name = 'AmbiguousStageError';
  constructor(model: string, stages: readonly string[]) {
    super(`${model} fits the stages ${stages.join(' and ')}. Drop it on the stage that you mean.`);
  }
}

/** A stage's models need files that were not given. */
class MissingAssetsError extends Error {
  override name = 'MissingAssetsError';
  constructor(model: string, missing: readonly string[]) {
    super(
      `${model} needs ${missing.join(' and ')}, which are in its repository too. Choose or drop them together with it.`,
    );
  }
}

/** A file's bytes, with the fields of a manifest's entry for the file. */
export interface ReadFile {
  readonly name: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

async function readFile(file: File): Promise<ReadFile> {
  const bytes = await bytesOf(file);
  return { name: file.name, sha256: await sha256Hex(bytes), sizeBytes: bytes.length, bytes };
}

/** A session's model with its weights. */
interface ReadModel {
  readonly model: ReadFile;
  readonly weights: readonly ReadFile[];
}

interface FittingVariant {
  readonly stage: ManifestStage;
  /** The variant's entry for a manifest, without the name, which depends on the names of the stage's other variants. */
  readonly unnamed: Omit<ManifestVariant, 'name'>;
  readonly read: readonly ReadFile[];
  /** The inputs, outputs and operators of its models, in words. */
  readonly words: string;
}

/**
 * Reads the files of a variant, and finds the only stage that it fits.
 * @throws NoStageError, AmbiguousStageError, MissingAssetsError, ModelMismatchError, and what the checker throws
 */
export async function fitting(
  checker: ModelChecker,
  stages: readonly ManifestStage[],
  set: ModelSet<File>,
  assets: GivenFiles<File>['assets'],
): Promise<FittingVariant> {
  const { name, sessions } = set;
  const models = new Map<string, ReadModel>();
  for (const [role, { file, weights }] of sessions)
    models.set(role, { model: await readFile(file), weights: await Promise.all(weights.map(readFile)) });
  const modelBytes = Object.fromEntries(
    [...models].flatMap(([role, own]) => Object.entries(bytesByRole(role, own))),
  );
  const fits: FittingVariant[] = [];
  const misfits: Error[] = [];
  for (const stage of stages)
    try {
      const own = await assetsOf(stage, set, assets);
      const bytes = Object.fromEntries([...own].map(([role, file]) => [role, file.bytes]));
      await checker.check(stage, name, { ...modelBytes, ...bytes });
      fits.push(fitOf(stage, models, own));
    } catch (error) {
      if (!(error instanceof ModelMismatchError || error instanceof MissingAssetsError)) throw error;
      misfits.push(error);
    }
  if (fits.length > 1)
    throw new AmbiguousStageError(
      name,
      fits.map(({ stage }) => stage.name),
    );
  if (fits[0]) return fits[0];
  throw misfits.length === 1
    ? misfits[0]!
    : new NoStageError(
        name,
        misfits.map((misfit, i) => `${stages[i]!.name}: ${misfit.message}`),
      );
}

const bytesByRole = (role: string, { model, weights }: ReadModel): ModelBytes => ({
  [role]: model.bytes,
  ...Object.fromEntries(weights.map(({ name, bytes }) => [weightsRole(role, name), bytes])),
});

/** The assets that a stage's program for these models needs; none if it has no such program. @throws MissingAssetsError */
async function assetsOf(
  stage: ManifestStage,
  set: ModelSet<File>,
  given: GivenFiles<File>['assets'],
): Promise<ReadonlyMap<string, ReadFile>> {
  const needed = [...(needFor(stage, set)?.assets ?? [])];
  const missing = needed.map(([, file]) => file).filter((file) => !given.has(file));
  if (missing.length > 0) throw new MissingAssetsError(set.name, missing);
  const read = needed.map(async ([role, file]) => [role, await readFile(given.get(file)!)] as const);
  return new Map(await Promise.all(read));
}

const entry = ({ name, sha256, sizeBytes }: ReadFile) => ({ file: name, sha256, sizeBytes });

/** A stage with a variant of models that fit it. @throws NotOnnxError */
function fitOf(
  stage: ManifestStage,
  models: ReadonlyMap<string, ReadModel>,
  assets: ReadonlyMap<string, ReadFile>,
): FittingVariant {
  const seen = Array.from(models, ([role, { model, weights }]) => {
    const graph = readGraph(model.bytes, model.name);
    return { role, model, weights, graph };
  });
  // A model that ends in probabilities needs its own `scores` in a stage of logits.
  const endsOtherwise =
    (stage as Partial<ClassifyingStage>).scores === 'logits' &&
    seen.some(({ role, graph }) => role === 'model' && scoresOf(graph) === 'probabilities');
  return {
    stage,
    unnamed: {
      sessions: Object.fromEntries(
        seen.map(({ role, model, weights, graph }) => [
          role,
          {
            ...entry(model),
            dtype: dtypeOf(graph, model.name),
            ...(weights.length > 0 && { data: weights.map((file) => ({ name: file.name, ...entry(file) })) }),
          },
        ]),
      ),
      ...(assets.size > 0 && {
        assets: Object.fromEntries([...assets].map(([role, file]) => [role, entry(file)])),
      }),
      accuracy: null,
      accuracySource: 'none: this is your own model; its accuracy is measured on the labelled pack',
      ...(endsOtherwise && { scores: 'probabilities' }),
    },
    read: [...seen.flatMap(({ model, weights }) => [model, ...weights]), ...assets.values()],
    words: seen.map(({ model, graph }) => `${model.name} ${graphText(graph)}`).join('. '),
  };
}
