import {
  type Manifest,
  type ManifestStage,
  type ManifestVariant,
  variantFiles,
} from '../../solver/documents/manifest.ts';

/** Functions that derive one manifest from another, which stays as it is; make names for manifests; list a manifest's files. */

const LETTERS_MAX = 56;

/**
 * Turns any text, such as a file's name, into a name that documents allow.
 * @param taken names that are in use; the new name differs from each
 */
export function freeName(text: string, taken: readonly string[]): string {
  const base =
    text
      .slice(0, 4 * LETTERS_MAX)
      .replace(/[^A-Za-z0-9._]+/g, '-')
      .replace(/^[._-]+/, '')
      .slice(0, LETTERS_MAX)
      .replace(/[._-]$/, '') || 'own';
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : `${base}-${n}`;
    if (!taken.includes(name) && !(name in Object.prototype)) return name;
  }
}

/** A file's name without its folder, URL query and ending. */
const baseName = (file: string): string =>
  file
    .replace(/[?#].*$/, '')
    .replace(/^.*[\\/]/, '')
    .replace(/\.[A-Za-z0-9]{1,12}$/, '');

export const variantName = (file: string, { variants }: ManifestStage): string =>
  freeName(
    baseName(file),
    variants.map(({ name }) => name),
  );

function withVariants(
  manifest: Manifest,
  stage: string,
  change: (variants: readonly ManifestVariant[]) => ManifestVariant[],
): Manifest {
  return {
    ...manifest,
    stages: manifest.stages.map((one) =>
      one.name === stage ? { ...one, variants: change(one.variants) } : one,
    ),
  };
}

export const addVariant = (manifest: Manifest, stage: string, variant: ManifestVariant): Manifest =>
  withVariants(manifest, stage, (variants) => [...variants, variant]);

export const removeVariant = (manifest: Manifest, stage: string, variant: string): Manifest =>
  withVariants(manifest, stage, (variants) => variants.filter(({ name }) => name !== variant));

const mapValues = <T>(values: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));

/** Gives every file a distinct name without a folder, so that the manifest and its files can lie in one folder. */
export function inOneFolder(manifest: Manifest): Manifest {
  const taken: string[] = [];
  const renamed = <F extends { readonly file: string }>(one: F, ending: 'onnx' | 'json' | 'bin'): F => {
    const name = freeName(baseName(one.file), taken);
    taken.push(name);
    return { ...one, file: `${name}.${ending}` };
  };
  const inFolder = ({ sessions, assets, ...variant }: ManifestVariant): ManifestVariant => ({
    ...variant,
    sessions: mapValues(sessions, (session) => ({
      ...renamed(session, 'onnx'),
      ...(session.data && { data: session.data.map((one) => renamed(one, 'bin')) }),
    })),
    ...(assets && { assets: mapValues(assets, (one) => renamed(one, 'json')) }),
  });
  return {
    ...manifest,
    stages: manifest.stages.map((stage) => ({ ...stage, variants: stage.variants.map(inFolder) })),
    pack: manifest.pack && renamed(manifest.pack, 'bin'),
  };
}

interface ManifestFile {
  readonly file: string;
  readonly sha256: string;
  /** Absent for the pack, because a manifest does not state its size. */
  readonly sizeBytes?: number;
}

/** Every file that a manifest names, with its SHA-256. */
export const filesOf = ({ stages, pack }: Manifest): ManifestFile[] => [
  ...stages.flatMap(({ variants }) =>
    variants.flatMap((variant) =>
      Object.values(variantFiles(variant)).map(({ file, sha256, sizeBytes }) => ({
        file,
        sha256,
        sizeBytes,
      })),
    ),
  ),
  ...(pack ? [{ file: pack.file, sha256: pack.sha256 }] : []),
];
