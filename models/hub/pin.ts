import {
  type HubSource,
  MANIFEST,
  type Manifest,
  type ManifestStage,
  type ManifestVariant,
} from '../../solver/documents/manifest.ts';
import { freeName } from '../manifests/edit.ts';
import { parseManifest } from '../manifests/manifest.ts';
import { dtypeText } from './dtypes.ts';
import { type Fields, fieldsOf } from './fields.ts';
import { fitted } from './fit.ts';
import type { HubVariant } from './model-files.ts';
import type { Repository, RepositoryFile } from './repository.ts';
import type { HubStage } from './stage.ts';

/** A hub model, as it enters a manifest. */
export interface Pin extends HubStage {
  readonly repository: Repository;
  /** The model's hub id, revision and licence; null for files from no hub. */
  readonly source: HubSource | null;
  /** The URL or path by which the manifest refers to a file of the model. */
  addressOf(path: string): string;
  readonly variants: readonly HubVariant[];
  /** SHA-256 of each file of the variants, by its path. */
  readonly sums: ReadonlyMap<string, string>;
}

/** An accuracy that was published for a model, in the metric of its task. */
export type StatedAccuracy = Pick<ManifestVariant, 'accuracy' | 'accuracySource'>;

const NONE_STATED: StatedAccuracy = { accuracy: null, accuracySource: 'not published with the model file' };

/** The user's choices. The defaults are the first stage of the model's task, the pipeline's present name, and no accuracy. */
export interface PinNames {
  readonly stage?: string | undefined;
  readonly pipeline?: string | undefined;
  /** Whether the model redefines its stage, because the stage has no other model. */
  readonly anew?: boolean | undefined;
  /** Fields of the stage, and of this model, that the user sets. */
  readonly fields?: Fields | undefined;
  readonly stated?: StatedAccuracy | undefined;
}

/**
 * Adds a model to a manifest, with a variant for each of its data types. They go to the stage that the user names, or else to the
 * first stage of the model's task; if there is no such stage, to a new one at the end. The new variants replace those of the same
 * repository and data types, or of the same files. If the model's inputs or outputs differ from the stage's, its variants carry
 * their own fields.
 * @param manifest null to make a new manifest with only this stage
 * @throws StageMismatchError, InvalidDocumentError
 */
export function withPin(manifest: Manifest | null, pin: Pin, names: PinNames = {}): Manifest {
  const { id } = pin.repository;
  const known = stageFor(manifest, pin.stage.task, names.stage);
  const name = names.stage ?? known?.name ?? pin.stage.name;
  // A pack has items of the first stage only; a run makes those of later stages.
  const measured = manifest?.pack !== undefined && known === manifest.stages[0];
  const fit = fitted(
    id,
    pin,
    name,
    known && !names.anew ? fieldsOf(known) : null,
    names.fields ?? {},
    measured,
  );
  const variants = variantsWith(pin, { ...(names.stated ?? NONE_STATED), ...fit.own }, known?.variants ?? []);
  const stage = { name, ...fit.stage, variants } as ManifestStage;
  const before = manifest ?? { schema: MANIFEST, name: freeName(shortId(id), []), title: id, stages: [] };
  const stages = known
    ? before.stages.map((one) => (one === known ? stage : one))
    : [...before.stages, stage];
  return parseManifest(
    { ...before, name: names.pipeline ?? before.name, stages },
    manifest ? `the pipeline with ${id}` : id,
  );
}

/** The stage of a manifest that gets a model of this task. @param name the stage's name, if the user gives one */
export const stageFor = (manifest: Manifest | null, task: string, name?: string): ManifestStage | undefined =>
  manifest?.stages.find((stage) => (name === undefined ? stage.task === task : stage.name === name));

const shortId = (id: string): string => id.replace(/^.*\//, '');

/**
 * The variants of a stage after a pin: a pinned variant replaces the earlier one that it matches, or comes last.
 * @param same fields that all pinned variants share
 */
function variantsWith(
  pin: Pin,
  same: StatedAccuracy & Fields,
  known: readonly ManifestVariant[],
): ManifestVariant[] {
  const { repository, source } = pin;
  const variants = [...known];
  for (const own of pin.variants) {
    const files = filesOf(pin, own);
    const at = variants.findIndex((variant) =>
      source === null
        ? addressesOf(variant.sessions) === addressesOf(files.sessions)
        : variant.source?.hub === source.hub && dtypesOf(variant.sessions) === dtypesOf(files.sessions),
    );
    const taken = variants.map(({ name }) => name);
    const variant: ManifestVariant = {
      name: at < 0 ? freeName(`${shortId(repository.id)}-${dtypeText(own.dtypes)}`, taken) : taken[at]!,
      ...same,
      ...(source && { source }),
      ...files,
    };
    variants.splice(at < 0 ? variants.length : at, at < 0 ? 0 : 1, variant);
  }
  return variants;
}

/** A variant's files in the form that manifests have. */
function filesOf(
  { addressOf, sums }: Pin,
  { sessions, assets }: HubVariant,
): Pick<ManifestVariant, 'sessions' | 'assets'> {
  const pinned = ({ path, sizeBytes }: RepositoryFile) => ({
    file: addressOf(path),
    sha256: sums.get(path)!,
    sizeBytes,
  });
  const models = Object.entries(sessions).map(([role, { file, dtype, data }]) => [
    role,
    {
      ...pinned(file),
      dtype,
      ...(data.length > 0 && { data: data.map((one) => ({ name: shortId(one.path), ...pinned(one) })) }),
    },
  ]);
  const others = Object.entries(assets).map(([role, file]) => [role, pinned(file)]);
  return {
    sessions: Object.fromEntries(models),
    ...(others.length > 0 && { assets: Object.fromEntries(others) }),
  };
}

const addressesOf = (sessions: ManifestVariant['sessions']): string =>
  Object.values(sessions)
    .map(({ file }) => file)
    .join('\n');

/** The data types of sessions, by role, as one text. */
const dtypesOf = (sessions: ManifestVariant['sessions']): string =>
  Object.entries(sessions)
    .map(([role, { dtype }]) => `${role} ${dtype}`)
    .sort()
    .join();
