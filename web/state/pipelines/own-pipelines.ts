import { freeName, inOneFolder } from '../../../models/manifests/edit.ts';
import {
  type LoadedManifest,
  loadManifest,
  type ModelBytes,
  type ReadFile,
  sha256Hex,
  withFiles,
} from '../../../models/manifests/load.ts';
import { type NamedFile, untar } from '../../../models/manifests/tar.ts';
import { packOf } from '../../../models/packs/pack.ts';
import { canonicalJson } from '../../../solver/documents/canonical.ts';
import {
  type Manifest,
  type ManifestStage,
  type ManifestVariant,
  stageOfVariant,
  variantFiles,
} from '../../../solver/documents/manifest.ts';
import { fileFetcher } from '../../../workers/environment/fetch-file.ts';
import { bytesOf } from '../files/file-size.ts';
import { goTo } from '../go-to.ts';
import { type Addition, addOneByOne, lastAdded } from './adding.ts';
import { choosePipeline, ownNames, ownPipelines, SHIPPED, setChosen, usedNames } from './pipelines.ts';

/**
 * Adds the pipeline whose manifest is at this URL: fetches, checks and stores all its files.
 * @throws MissingFileError, ChecksumError, InvalidDocumentError, UnsupportedDocumentError, NoModelsError, and the errors of
 * `addModels` and `replacePack` in `own-models.ts`
 */
export const addPipelineByAddress = (address: string): Promise<void> =>
  addOneByOne(async (addition) => {
    addition.step(`Reading ${address}`);
    await addPipeline(await loadManifest(address, fileFetcher(addition.signal)), addition);
  });

/** Adds a pipeline from a manifest and the files that it refers to. */
export const addPipelineFiles = (manifest: File, files: readonly File[]): Promise<void> =>
  addOneByOne(async (addition) => {
    addition.step(`Reading ${manifest.name}`);
    const loaded = await loadManifest(
      manifest.name,
      readByName([manifest, ...files], bytesOf, 'among the chosen files'),
    );
    await addPipeline(loaded, addition);
  });

/** Adds a pipeline from a TAR archive saved by the page. @throws InvalidTarError */
export const addPipelineTar = (archive: File): Promise<void> =>
  addOneByOne(async (addition) => {
    addition.step(`Reading ${archive.name}`);
    const files = untar(await bytesOf(archive), archive.name);
    const bytes = async (file: NamedFile) => file.bytes;
    const readFile = readByName(files, bytes, `in ${archive.name}`);
    await addPipeline(await loadManifest('manifest.json', readFile), addition);
  });

/**
 * Makes a function that finds files by name, ignoring the folders in their paths. The SHA-256 tells files of one name apart.
 * @param place where the files are, for the error if one is missing
 */
const readByName =
  <F extends { readonly name: string }>(
    files: readonly F[],
    bytesOf: (file: F) => Promise<Uint8Array<ArrayBuffer>>,
    place: string,
  ): ReadFile =>
  async (path, _, sha256) => {
    const name = path.replace(/^.*[\\/]/, '');
    const [first, ...others] = files.filter((one) => one.name === name);
    if (!first) throw new Error(`it is not ${place}`);
    let bytes = await bytesOf(first);
    for (const other of others) {
      if (sha256 === undefined || (await sha256Hex(bytes)) === sha256) break;
      bytes = await bytesOf(other);
    }
    return bytes;
  };

/** Makes a pipeline the chosen one, and shows it. A pipeline that is not stored yet is checked and stored first. */
async function addPipeline(loaded: LoadedManifest, addition: Addition): Promise<void> {
  if (await isHere(loaded.manifest)) await choosePipeline(loaded.manifest.name);
  else await storePipeline(loaded, addition);
  goTo('measure');
}

/** Checks all files of a pipeline, stores it, and makes it the chosen one. */
async function storePipeline(loaded: LoadedManifest, { checker, step }: Addition): Promise<void> {
  const { stages, pack, name } = loaded.manifest;
  const manifest = { ...loaded.manifest, name: freeName(name, usedNames()) };
  const variants = variantsToCheck(stages, async (stage, variant, files) => {
    const models = Object.values(variant.sessions).map(({ file }) => file);
    step(`Checking ${models.join(' and ')}`);
    await checker.check(stageOfVariant(stage, variant), models.join(' and '), files);
  });
  const checked = withFiles(manifest, async (file, sha256) => {
    step(`Reading ${file}`);
    const bytes = variants.read(sha256) ?? (await loaded.readVerified(file, sha256));
    if (pack?.file === file) await packOf(bytes, file, loaded.pipeline);
    else await variants.add(sha256, bytes);
    return bytes;
  });
  setChosen(await ownPipelines.save(checked));
  lastAdded.value = `The pipeline ${manifest.name} is kept in this browser.`;
}

/**
 * Checks the variants of a pipeline while its files are read one after the other: `check` gets each variant as soon as all files
 * of the variant have been read. A file stays in memory as long as an unchecked variant needs it.
 */
function variantsToCheck(
  stages: readonly ManifestStage[],
  check: (stage: ManifestStage, variant: ManifestVariant, files: ModelBytes) => Promise<void>,
) {
  const unchecked = new Set(stages.flatMap((stage) => stage.variants.map((variant) => ({ stage, variant }))));
  const held = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    /** The bytes of a file that was read before; undefined if they are no longer in memory. */
    read: (sha256: string) => held.get(sha256),
    async add(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
      held.set(sha256, bytes);
      const needed = new Set<string>();
      for (const one of unchecked) {
        const files = Object.entries(variantFiles(one.variant));
        if (files.every(([, file]) => held.has(file.sha256))) {
          const whole = Object.fromEntries(files.map(([role, file]) => [role, held.get(file.sha256)!]));
          await check(one.stage, one.variant, whole);
          unchecked.delete(one);
        } else for (const [, file] of files) needed.add(file.sha256);
      }
      for (const sum of held.keys()) if (!needed.has(sum)) held.delete(sum);
    },
  };
}

/** Whether this browser already stores exactly this pipeline. */
async function isHere(manifest: Manifest): Promise<boolean> {
  if (!ownNames.value.includes(manifest.name)) return false;
  const { manifest: here } = await ownPipelines.load(manifest.name);
  return canonicalJson(here) === canonicalJson(inOneFolder(manifest));
}

/** Deletes a pipeline that the user added, but not its profiles, and chooses the first shipped pipeline. */
export const removePipeline = (name: string): Promise<void> =>
  addOneByOne(async () => {
    await ownPipelines.delete(name);
    await choosePipeline(SHIPPED[0]);
  });
