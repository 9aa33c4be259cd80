import { describeFiles, type PinOptions } from '../../../models/hub/describe.ts';
import { AmbiguousTaskError, StageMismatchError, UnusableConfigError } from '../../../models/hub/errors.ts';
import { pathOf } from '../../../models/hub/given/given-file.ts';
import { modelFolders } from '../../../models/hub/given/model-folders.ts';
import { withPin } from '../../../models/hub/pin.ts';
import { type LoadedManifest, withFiles } from '../../../models/manifests/load.ts';
import { Pipeline } from '../../../models/manifests/pipeline.ts';
import { type Manifest, stageOfVariant } from '../../../solver/documents/manifest.ts';
import { bytesOf } from '../files/file-size.ts';
import type { Addition } from './adding.ts';
import { type MadePipeline, packedData } from './made-pipeline.ts';
import { modelText } from './seen-models.ts';

/** Makes pipelines from models of any task that come with their configuration files from the hub. */

/** The user's answers about models whose configuration does not name their task or prefix. */
export type AskedTask = Pick<PinOptions, 'task' | 'prefix'>;

/** The given files of a model do not make a pipeline. */
class GivenModelError extends Error {
  override name = 'GivenModelError';
}

/**
 * @param data labelled data; empty for none
 * @throws WeightsAloneError, AssetsAloneError, IncompleteModelError, GivenModelError, UnsupportedArchitectureError,
 * InvalidDocumentError, UnfitDataError, and what loading the models throws
 */
export async function describedPipeline(
  models: readonly File[],
  data: readonly File[],
  asked: AskedTask,
  addition: Addition,
): Promise<MadePipeline> {
  const { step } = addition;
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  let manifest: Manifest | null = null;
  let words = '';
  try {
    for (const folder of modelFolders(models, { bytes: bytesOf, addressOf: pathOf })) {
      step(`Reading ${folder.repository.id}`);
      const described = await describeFiles(folder, asked);
      for (const [sha256, bytes] of described.read) files.set(sha256, bytes);
      manifest = withPin(manifest, described);
      words ||= Object.values(described.variants[0]!.sessions)
        .map(({ file: { path } }) => modelText(files.get(described.sums.get(path)!)!, path))
        .join('. ');
    }
  } catch (error) {
    throw inFileWords(error);
  }
  const labelled = data.length > 0 ? await packedData(data, new Pipeline(manifest!), step) : undefined;
  await checkVariants(
    withFiles(manifest!, async (_, sha256) => files.get(sha256)!),
    addition,
  );
  return { manifest: manifest!, files, words, labelled };
}

async function checkVariants(loaded: LoadedManifest, { checker, step }: Addition): Promise<void> {
  for (const stage of loaded.manifest.stages)
    for (const variant of stage.variants) {
      step(`Checking ${variant.name}`);
      await checker.check(stageOfVariant(stage, variant), variant.name, await loaded.readModels(variant));
    }
}

/** Remedies for a user who gave files. They differ from the remedies for a hub's id. */
const REMEDIES = [
  [
    AmbiguousTaskError,
    'Choose the files under "A new pipeline without a manifest", and there the task and, if anything, what stands before each text',
  ],
  [
    UnusableConfigError,
    'If a file of its folder is missing, choose or drop it too; otherwise give a manifest with the model',
  ],
  [StageMismatchError, 'Give the models of one stage at a time'],
] as const;

/** An error with the remedy for a user who gave files; an error without such a remedy as it is. */
function inFileWords(error: unknown): unknown {
  for (const [kind, remedy] of REMEDIES)
    if (error instanceof kind) return new GivenModelError(`${error.problem}. ${remedy}.`, { cause: error });
  return error;
}
