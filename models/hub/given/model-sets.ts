import { InputError } from '../../../solver/documents/coded-error.ts';
import type { ManifestStage } from '../../../solver/documents/manifest.ts';
import { dtypeChoice, dtypeNamed, dtypeText } from '../dtypes.ts';
import { isAssetName, ONNX_FILE, roleNamed } from '../file-names.ts';
import { type Needs, needsOf } from '../model-files.ts';
import { folderOf, type GivenFile, pathOf } from './given-file.ts';
import { isWeights, type ModelFiles, modelsWithWeights } from './weights.ts';

/** Sorts files that the user gives into variants. */

const isAsset = (file: GivenFile): boolean => isAssetName(file.name);

/**
 * Whether a file may be a model or its weights. Any file that the user gives by itself may be one; a folder also has other files,
 * so there the name decides.
 */
const mayBeModel = (file: GivenFile): boolean =>
  pathOf(file) === file.name || ONNX_FILE.test(file.name) || isWeights(file);

/** The user gave files such as a tokenizer without a model, or twice. */
export class AssetsAloneError extends InputError {
  override name = 'AssetsAloneError';
  constructor(files: readonly GivenFile[]) {
    super(
      `${files.map(({ name }) => name).join(' and ')} cannot be matched to a model. ` +
        'Give one model at a time: its .onnx file together with all files beside it.',
    );
  }
}

/** The model files of a variant. */
export interface ModelSet<F extends GivenFile> {
  /** The name that the user sees, from which the variant's name is made. */
  readonly name: string;
  /** By role: `model`, or the parts of an encoder with a decoder. */
  readonly sessions: ReadonlyMap<string, ModelFiles<F>>;
}

/** The files that a stage's program for these sessions needs; undefined if the stage has no such program. */
export const needFor = (
  stage: ManifestStage,
  { sessions }: Pick<ModelSet<GivenFile>, 'sessions'>,
): Needs | undefined =>
  needsOf(stage).find(
    (need) =>
      need.sessions.size === sessions.size && [...need.sessions.keys()].every((role) => sessions.has(role)),
  );

export interface GivenFiles<F extends GivenFile> {
  readonly sets: readonly ModelSet<F>[];
  /** Files that a variant may need beside its models, by name. */
  readonly assets: ReadonlyMap<string, F>;
}

/** Sorts files into variants and assets by their names. @throws WeightsAloneError, AssetsAloneError */
export function modelSets<F extends GivenFile>(files: readonly F[]): GivenFiles<F> {
  const given = files.filter(isAsset);
  const assets = new Map(given.map((file) => [file.name, file]));
  const models = modelsWithWeights(files.filter((file) => !isAsset(file) && mayBeModel(file)));
  if (assets.size < given.length || (given.length > 0 && models.length === 0))
    throw new AssetsAloneError(given);
  const parts = models.filter(({ file }) => roleNamed(file.name) !== null);
  const alone = models.filter((model) => !parts.includes(model));
  return {
    sets: [
      ...alone.map((model) => ({ name: model.file.name, sessions: new Map([['model', model]]) })),
      ...ofModels(parts).flatMap(joined),
    ],
    assets,
  };
}

const isRole =
  (role: string) =>
  ({ file }: ModelFiles<GivenFile>): boolean =>
    roleNamed(file.name) === role;

/**
 * Divides encoders and decoders into models by their folders. If no role occurs in two folders, all parts belong to one model.
 */
function ofModels<F extends GivenFile>(parts: readonly ModelFiles<F>[]): (readonly ModelFiles<F>[])[] {
  const folders = divided(parts, ({ file }) => folderOf(file));
  const roles = folders.flatMap((own) => [...new Set(own.map(({ file }) => roleNamed(file.name)))]);
  return new Set(roles).size < roles.length ? folders : [parts];
}

/** Joins a model's encoders and decoders to variants: one for each data type, or a single one if at most one encoder is given. */
function joined<F extends GivenFile>(parts: readonly ModelFiles<F>[]): ModelSet<F>[] {
  const isOne = parts.filter(isRole('encoder')).length <= 1;
  return divided(parts, ({ file }) => (isOne ? null : dtypeNamed(file.name))).map(setOf);
}

/** Divides values into groups of the same key. */
function divided<T>(items: readonly T[], keyOf: (item: T) => unknown): T[][] {
  return [...new Set(items.map(keyOf))].map((key) => items.filter((item) => keyOf(item) === key));
}

/** Makes one variant of encoder and decoder files. A merged decoder replaces the two decoders without and with past. */
function setOf<F extends GivenFile>(parts: readonly ModelFiles<F>[]): ModelSet<F> {
  const merged = parts.filter(isRole('decoder')).find(({ file }) => /merged/i.test(file.name));
  const kept = merged ? [...parts.filter(isRole('encoder')), merged] : parts;
  const sessions = new Map(kept.map((part) => [roleNamed(part.file.name)!, part]));
  const dtypes = dtypeChoice(Array.from(sessions.values(), ({ file }) => dtypeNamed(file.name)));
  return { name: `own-${dtypeText(dtypes)}`, sessions };
}
