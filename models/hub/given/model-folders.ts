import { InputError } from '../../../solver/documents/coded-error.ts';
import type { ManifestStage } from '../../../solver/documents/manifest.ts';
import type { ModelFolder } from '../describe.ts';
import { dtypeChoice, dtypeNamed, modelFileName } from '../dtypes.ts';
import { cachedName, isAssetName } from '../file-names.ts';
import { type HubVariant, needsOf } from '../model-files.ts';
import type { RepositoryFile } from '../repository.ts';
import { folderOf, type GivenFile, type GivenReader, pathOf } from './given-file.ts';
import { type ModelSet, modelSets, needFor } from './model-sets.ts';
import type { ModelFiles } from './weights.ts';

/** Reads models and configuration files that the user gives, as if their folder were a repository of the hub. */

const CONFIG = 'config.json';

/** The folders of models: those with a `config.json` that lie in no other folder with one. */
export function rootsOf(files: readonly GivenFile[]): string[] {
  const folders = [...new Set(files.filter(({ name }) => name === CONFIG).map(folderOf))];
  return folders.filter(
    (folder) => !folders.some((outer) => outer !== '' && outer !== folder && folder.startsWith(outer)),
  );
}

/** Whether the files include the hub's configuration of a model. */
export const isDescribed = (files: readonly Pick<GivenFile, 'name'>[]): boolean =>
  files.some(({ name }) => name === CONFIG);

/** A model needs files that were not given with it. */
class IncompleteModelError extends InputError {
  override name = 'IncompleteModelError';
  constructor(id: string, problem: string) {
    super(`${id} ${problem}. Give all files of its folder together.`);
  }
}

/**
 * Makes a model folder for each variant among given files.
 * @throws WeightsAloneError, AssetsAloneError
 */
export function modelFolders<F extends GivenFile>(
  given: readonly F[],
  reader: GivenReader<F>,
): ModelFolder[] {
  // File systems list files in any order; sorted, the same files always give the same variants.
  const files = [...given].sort((a, b) => (pathOf(a) < pathOf(b) ? -1 : 1));
  const roots = rootsOf(files);
  const rootOf = (file: F) => roots.find((root) => root !== '' && folderOf(file).startsWith(root)) ?? '';
  return [...new Set(files.map(rootOf))].flatMap((root) => {
    // A model of sentence-transformers has subfolders for its modules. Their config.json files do not describe the model.
    const isOwn = (file: F) => rootOf(file) === root && (!isAssetName(file.name) || folderOf(file) === root);
    const { sets, assets } = modelSets(files.filter(isOwn));
    return sets.map((set) => modelFolder(idOf(root, set), set, assets, reader));
  });
}

/**
 * The name of a model: that of its folder. A model of one file without a folder, or with a name unlike `model.onnx`, has the name
 * of the file; an encoder with a decoder without a folder is called `own`.
 */
function idOf(root: string, { name, sessions }: ModelSet<GivenFile>): string {
  const folder = cachedName(root) ?? root.split('/').at(-2);
  const alone = sessions.get('model')?.file.name;
  if (folder !== undefined && (!alone || /^model(_\w+)?\.onnx$/i.test(alone))) return folder;
  return alone ? bareName(alone) : name.replace(/-[^-]*$/, '');
}

/** A model file's name without its extension and the suffix for its data type. */
const bareName = (file: string): string => file.slice(0, -modelFileName('', dtypeNamed(file)).length);

function modelFolder<F extends GivenFile>(
  id: string,
  set: ModelSet<F>,
  assets: ReadonlyMap<string, F>,
  { bytes, addressOf }: GivenReader<F>,
): ModelFolder {
  const models = [...set.sessions.values()];
  const given = new Map([
    ...assets,
    ...models.flatMap(({ file, weights }) => [file, ...weights].map((one) => [one.name, one] as const)),
  ]);
  const fileNamed = (path: string): RepositoryFile => ({
    path,
    sizeBytes: given.get(path)!.size,
    // Null, so that `withSums` computes the SHA-256 when it reads the file.
    sha256: null,
  });
  return {
    repository: { id, task: null, files: [...given.keys()].map(fileNamed) },
    source: null,
    addressOf: (path) => addressOf(given.get(path)!),
    variantsOf: (stage) => [variantOf(id, set, stage, given, fileNamed)],
    bytes: (path, mostBytes) => bytes(given.get(path)!, mostBytes),
  };
}

/** The variant that a model's files provide for a stage. @throws IncompleteModelError */
function variantOf(
  id: string,
  set: ModelSet<GivenFile>,
  stage: ManifestStage,
  given: ReadonlyMap<string, GivenFile>,
  fileNamed: (path: string) => RepositoryFile,
): HubVariant {
  const { sessions } = set;
  const need = needFor(stage, set);
  if (!need) {
    const sets = needsOf(stage).map((one) =>
      [...one.sessions.values()].map((model) => `${model}.onnx`).join(' with '),
    );
    const names = [...sessions.values()].map(({ file }) => file.name);
    throw new IncompleteModelError(
      id,
      `has ${names.join(' and ')}, and ${stage.task} needs ${[...new Set(sets)].join(', or ')}`,
    );
  }
  const missing = [...need.assets.values()].filter((name) => !given.has(name));
  if (missing.length > 0)
    throw new IncompleteModelError(id, `has no ${missing.join(' and no ')}, which ${stage.task} needs`);
  const session = ({ file, weights }: ModelFiles<GivenFile>) => ({
    dtype: dtypeNamed(file.name),
    file: fileNamed(file.name),
    data: weights.map(({ name }) => fileNamed(name)),
  });
  const entries = [...need.sessions.keys()].map((role) => [role, session(sessions.get(role)!)] as const);
  return {
    dtypes: dtypeChoice(entries.map(([, { dtype }]) => dtype)),
    sessions: Object.fromEntries(entries),
    assets: Object.fromEntries([...need.assets].map(([role, name]) => [role, fileNamed(name)])),
  };
}
