import { type Dtype, dtype, type ManifestStage } from '../../solver/documents/manifest.ts';
import { taskOf } from '../tasks/registry.ts';
import { type DtypeChoice, dtypeText, modelFileName } from './dtypes.ts';
import { NoModelFileError, UnusableConfigError } from './errors.ts';
import { assetName, modelName, modelOfWeights } from './file-names.ts';
import type { Repository, RepositoryFile } from './repository.ts';

/** A model file of a repository, with the weight files that belong to it. */
interface HubSession {
  readonly dtype: Dtype;
  readonly file: RepositoryFile;
  readonly data: readonly RepositoryFile[];
}

/** The files of a variant in its repository, by role. */
export interface HubVariant {
  readonly dtypes: DtypeChoice;
  readonly sessions: Readonly<Record<string, HubSession>>;
  readonly assets: Readonly<Record<string, RepositoryFile>>;
}

/** The files that one of a task's programs needs, by role. */
export interface Needs {
  /** Names of the models, without the suffix for their data type. */
  readonly sessions: ReadonlyMap<string, string>;
  readonly assets: ReadonlyMap<string, string>;
}

/** The files that each program of the stage's task needs, the preferred program first. */
export function needsOf(stage: ManifestStage): Needs[] {
  return taskOf(stage).programs.map(({ signatures, assets }) => {
    const roles = Object.keys(signatures(stage));
    return {
      sessions: new Map(roles.map((role) => [role, modelName(role, roles)])),
      assets: new Map((assets?.(stage) ?? []).map((role) => [role, assetName(role)])),
    };
  });
}

const pathOf = (name: string, type: Dtype): string => `onnx/${modelFileName(name, type)}`;

/**
 * The variants that a repository has for a stage, one for each data type.
 * @param wanted data types of the weights; absent: all that the repository has
 * @throws NoModelFileError, UnusableConfigError
 */
export function hubVariants(
  repository: Repository,
  stage: ManifestStage,
  wanted?: readonly DtypeChoice[],
): HubVariant[] {
  const { id } = repository;
  const needs = needsOf(stage);
  const find = (choices: readonly DtypeChoice[]) =>
    choices.flatMap((dtypes) => variantIn(repository, needs, dtypes) ?? []);
  const all = find(dtype.options.map((type) => [type]));
  if (all.length === 0) throw new NoModelFileError(noModelText(repository, stage.task, needs));
  if (!wanted) return all;
  const variants = find(wanted);
  const missing = wanted
    .map(dtypeText)
    .filter((text) => !variants.some((one) => dtypeText(one.dtypes) === text));
  if (missing.length > 0) {
    const has = all.map(({ dtypes }) => dtypeText(dtypes));
    throw new NoModelFileError(`${id} has no model in ${missing.join(', ')}. It has ${has.join(', ')}.`);
  }
  return variants;
}

/**
 * The variant for the first program whose models the repository has; null if there is none.
 * @throws UnusableConfigError if the repository lacks another file of that program
 */
function variantIn(
  { id, files }: Repository,
  needs: readonly Needs[],
  dtypes: DtypeChoice,
): HubVariant | null {
  const fileAt = (path: string) => files.find((file) => file.path === path);
  for (const { sessions, assets } of needs) {
    if (dtypes.length > sessions.size) continue;
    const found = [...sessions].map(([role, name], i) => {
      const type = dtypes[Math.min(i, dtypes.length - 1)]!;
      return { role, type, file: fileAt(pathOf(name, type)) };
    });
    if (found.some(({ file }) => !file)) continue;
    return {
      dtypes,
      sessions: Object.fromEntries(
        found.map(({ role, type, file }) => [role, { dtype: type, file: file!, data: dataOf(files, file!) }]),
      ),
      assets: Object.fromEntries(
        [...assets].map(([role, path]) => {
          const file = fileAt(path);
          if (!file) throw new UnusableConfigError(id, `has no ${path}, which its task needs`);
          return [role, file];
        }),
      ),
    };
  }
  return null;
}

/** The files in which a model keeps weights. */
const dataOf = (files: readonly RepositoryFile[], model: RepositoryFile): RepositoryFile[] =>
  files.filter(({ path }) => modelOfWeights(path) === model.path);

function noModelText({ id, files }: Repository, task: string, needs: readonly Needs[]): string {
  const sets = needs.map(({ sessions }) =>
    [...sessions.values()].map((name) => pathOf(name, 'fp32')).join(' with '),
  );
  const others = files.map(({ path }) => path).filter((path) => path.endsWith('.onnx'));
  return (
    `${id} has no ${[...new Set(sets)].join(', or ')}, nor these files in another data type, for ${task}. ` +
    (others.length > 0
      ? `It has ${others.slice(0, 5).join(', ')}; choose another model.`
      : 'Choose a model that was converted to ONNX, e.g. by onnx-community or Xenova.')
  );
}
