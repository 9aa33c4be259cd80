import {
  type HubSource,
  MANIFEST,
  type Manifest,
  type ManifestStage,
  type ManifestVariant,
} from '../../solver/documents/manifest.ts';
import { freeName } from '../manifests/edit.ts';
import { parseManifest } from '../manifests/manifest.ts';
import { StageMismatchError } from './errors.ts';
import type { HubModel } from './model-files.ts';
import { fileAddress, type Repository, type RepositoryFile } from './repository.ts';
import { type HubStage, STAGE_NAMES } from './stage.ts';

/** A hub model, as it enters a manifest. */
export interface Pin {
  /** The hub's origin, e.g. `https://huggingface.co`. */
  readonly endpoint: string;
  readonly repository: Repository;
  readonly stage: HubStage;
  readonly models: readonly (HubModel & { readonly sha256: string })[];
  /** Files that each variant needs beside its model, by role. */
  readonly assets: Readonly<Record<string, { readonly file: RepositoryFile; readonly sha256: string }>>;
}

/** The user's names; absent: the stage of the model's task, and the pipeline's name as it is. */
export interface PinNames {
  readonly stage?: string | undefined;
  readonly pipeline?: string | undefined;
}

/**
 * Adds a hub model to a manifest: a variant for each of its files, in the stage that is named, in the first stage of the model's
 * task, or in a new stage at the end. Variants of the same repository and data type are replaced.
 * @param manifest null: a new one with this stage alone
 * @throws StageMismatchError, InvalidDocumentError
 */
export function withPin(manifest: Manifest | null, pin: Pin, names: PinNames = {}): Manifest {
  const { id } = pin.repository;
  const known = manifest?.stages.find((stage) =>
    names.stage === undefined ? stage.task === pin.stage.task : stage.name === names.stage,
  );
  const name = names.stage ?? known?.name ?? STAGE_NAMES[pin.stage.task];
  const alone = parseManifest(
    {
      schema: MANIFEST,
      name: names.pipeline ?? freeName(shortId(id), []),
      title: id,
      stages: [{ name, ...pin.stage, variants: variantsOf(pin, known?.variants ?? []) }],
    },
    id,
  );
  if (!manifest) return alone;
  const own = alone.stages[0]!;
  if (known) expectSame(id, known, own);
  return parseManifest(
    {
      ...manifest,
      name: names.pipeline ?? manifest.name,
      stages: known
        ? manifest.stages.map((stage) => (stage === known ? { ...known, variants: own.variants } : stage))
        : [...manifest.stages, own],
    },
    `the pipeline with ${id}`,
  );
}

const shortId = (id: string): string => id.replace(/^.*\//, '');

/** The variants of a stage, with those of the pin in the place of earlier ones or at the end. */
function variantsOf(
  { endpoint, repository, models, assets }: Pin,
  known: readonly ManifestVariant[],
): ManifestVariant[] {
  const { id, revision, licence } = repository;
  const variants = [...known];
  for (const { dtype, file, sha256 } of models) {
    const at = variants.findIndex(
      ({ source, sessions }) => source?.hub === id && sessions.model?.dtype === dtype,
    );
    const taken = variants.map((variant) => variant.name);
    const source: HubSource = { hub: id, revision, licence };
    const pinned = (of: RepositoryFile, sum: string) => ({
      file: fileAddress(endpoint, { id, revision }, of.path),
      sha256: sum,
      sizeBytes: of.sizeBytes,
    });
    const own = Object.entries(assets).map(([role, asset]) => [role, pinned(asset.file, asset.sha256)]);
    const variant: ManifestVariant = {
      name: at < 0 ? freeName(`${shortId(id)}-${dtype}`, taken) : taken[at]!,
      accuracy: null,
      accuracySource: 'not published with the model file',
      source,
      sessions: { model: { ...pinned(file, sha256), dtype } },
      ...(own.length > 0 && { assets: Object.fromEntries(own) }),
    };
    variants.splice(at < 0 ? variants.length : at, at < 0 ? 0 : 1, variant);
  }
  return variants;
}

/** Checks that two stages differ in their variants alone. @throws StageMismatchError */
function expectSame(id: string, known: ManifestStage, own: ManifestStage): void {
  const fieldsOf = ({ variants: _, ...fields }: ManifestStage): Record<string, unknown> => ({ ...fields });
  const [expected, found] = [fieldsOf(known), fieldsOf(own)];
  for (const field of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    // `keep` says which detections the pipeline uses; no model states it.
    if (field === 'keep') continue;
    const [one, other] = [expected[field], found[field]].map((value) => JSON.stringify(value) ?? 'none');
    if (one !== other) throw new StageMismatchError(id, known.name, field, one!, other!);
  }
}
