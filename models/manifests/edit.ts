import type { Manifest, ManifestStage, ManifestVariant } from '../../solver/documents/manifest.ts';

/** Manifests made of others. None is changed: each function gives a new document. */

const MOST_LETTERS = 56;

/**
 * A name as documents have them, from any text such as a file's name.
 * @param taken names that it must differ from
 */
export function freeName(text: string, taken: readonly string[]): string {
  const plain =
    text
      .slice(0, 4 * MOST_LETTERS)
      .replace(/[^A-Za-z0-9._]+/g, '-')
      .replace(/^[._-]+/, '')
      .slice(0, MOST_LETTERS)
      .replace(/[._-]$/, '') || 'own';
  for (let n = 1; ; n++) {
    const name = n === 1 ? plain : `${plain}-${n}`;
    if (!taken.includes(name)) return name;
  }
}

/** What a file is called without its folder, query and ending. */
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

/** The same manifest with other paths or URLs of its files. @param ending that fits what the file holds */
export const withFileNames = (
  manifest: Manifest,
  rename: (file: string, ending: 'onnx' | 'bin') => string,
): Manifest => ({
  ...manifest,
  stages: manifest.stages.map((stage) => ({
    ...stage,
    variants: stage.variants.map((variant) => ({
      ...variant,
      sessions: Object.fromEntries(
        Object.entries(variant.sessions).map(([role, model]) => [
          role,
          { ...model, file: rename(model.file, 'onnx') },
        ]),
      ),
    })),
  })),
  pack: { ...manifest.pack, file: rename(manifest.pack.file, 'bin') },
});

/** Every file by a simple name beside the manifest, wherever it was: the same manifest, to be laid out in one folder. */
export function inOneFolder(manifest: Manifest): Manifest {
  const taken: string[] = [];
  return withFileNames(manifest, (file, ending) => {
    const name = freeName(baseName(file), taken);
    taken.push(name);
    return `${name}.${ending}`;
  });
}

/** Every file that a manifest names, with its sum. */
export const filesOf = ({ stages, pack }: Manifest): { readonly file: string; readonly sha256: string }[] => [
  ...stages.flatMap(({ variants }) =>
    variants.flatMap(({ sessions }) => Object.values(sessions).map(({ file, sha256 }) => ({ file, sha256 }))),
  ),
  { file: pack.file, sha256: pack.sha256 },
];
