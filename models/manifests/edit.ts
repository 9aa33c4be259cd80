import {
  type Manifest,
  type ManifestStage,
  type ManifestVariant,
  variantFiles,
} from '../../solver/documents/manifest.ts';

/** Functions that derive one manifest from another. The given manifest stays as it is; each function returns a new document. */

const MOST_LETTERS = 56;

/**
 * Turns any text, such as a file's name, into a name that documents allow.
 * @param taken names that are in use; the new name differs from each
 */
export function freeName(text: string, taken: readonly string[]): string {
  const base =
    text
      .slice(0, 4 * MOST_LETTERS)
      .replace(/[^A-Za-z0-9._]+/g, '-')
      .replace(/^[._-]+/, '')
      .slice(0, MOST_LETTERS)
      .replace(/[._-]$/, '') || 'own';
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : `${base}-${n}`;
    if (!taken.includes(name)) return name;
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

const renamed = <F extends { readonly file: string }>(
  files: Readonly<Record<string, F>>,
  rename: (file: string) => string,
): Record<string, F> =>
  Object.fromEntries(Object.entries(files).map(([role, one]) => [role, { ...one, file: rename(one.file) }]));

/** Renames every file of a manifest. @param rename gets a file's path or URL and the ending for its content */
export const withFileNames = (
  manifest: Manifest,
  rename: (file: string, ending: 'onnx' | 'json' | 'bin') => string,
): Manifest => ({
  ...manifest,
  stages: manifest.stages.map((stage) => ({
    ...stage,
    variants: stage.variants.map((variant) => ({
      ...variant,
      sessions: Object.fromEntries(
        Object.entries(renamed(variant.sessions, (file) => rename(file, 'onnx'))).map(([role, session]) => [
          role,
          {
            ...session,
            ...(session.data && {
              data: session.data.map((one) => ({ ...one, file: rename(one.file, 'bin') })),
            }),
          },
        ]),
      ),
      ...(variant.assets && { assets: renamed(variant.assets, (file) => rename(file, 'json')) }),
    })),
  })),
  pack: manifest.pack && { ...manifest.pack, file: rename(manifest.pack.file, 'bin') },
});

/** Gives every file a distinct name without a folder, so that the manifest and its files can lie in one folder. */
export function inOneFolder(manifest: Manifest): Manifest {
  const taken: string[] = [];
  return withFileNames(manifest, (file, ending) => {
    const name = freeName(baseName(file), taken);
    taken.push(name);
    return `${name}.${ending}`;
  });
}

export interface NamedFile {
  readonly file: string;
  readonly sha256: string;
  /** Absent for the pack, whose size the manifest does not state. */
  readonly sizeBytes?: number;
}

/** Every file that a manifest names, with its SHA-256. */
export const filesOf = ({ stages, pack }: Manifest): NamedFile[] => [
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
