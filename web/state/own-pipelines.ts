import { freeName, inOneFolder } from '../../models/manifests/edit.ts';
import { type LoadedManifest, loadManifest, type ReadFile, withFiles } from '../../models/manifests/load.ts';
import type { Manifest } from '../../models/manifests/manifest.ts';
import { untar } from '../../models/manifests/tar.ts';
import { packOf } from '../../models/packs/pack.ts';
import { canonicalJson } from '../../workers/store/canonical.ts';
import { fetchFile } from '../engine/fetch-file.ts';
import { choosePipeline, kept, own, SHIPPED, show } from './pipelines.ts';
import { bytesOf, type Take, take, taken } from './taking.ts';

/**
 * Takes in a pipeline by the address of its manifest: all its files are fetched, checked and kept.
 * @throws MissingFileError, ChecksumError, InvalidDocumentError, UnsupportedDocumentError, NoModelsError, and what
 * {@link addModels} and {@link replacePack} throw
 */
export const takeManifest = (address: string): Promise<void> =>
  take(async (taking) => {
    taking.tell(`Reading ${address}`);
    await adopt(await loadManifest(address, (url) => fetchFile(url, taking.signal)), taking);
  });

/** The same of files that lie beside each other: a manifest and those that it names. */
export const takeManifestFiles = (manifest: File, files: readonly File[]): Promise<void> =>
  take(async (taking) => {
    taking.tell(`Reading ${manifest.name}`);
    const read = (name: string) => {
      const file = files.find((one) => one.name === name);
      return file && bytesOf(file);
    };
    await adopt(await loadManifest(manifest.name, besideEachOther(read)), taking);
  });

/** The same of an archive that was saved here. @throws InvalidTarError */
export const takePipelineArchive = (archive: File): Promise<void> =>
  take(async (taking) => {
    taking.tell(`Reading ${archive.name}`);
    const files = untar(await bytesOf(archive), archive.name);
    const read = async (name: string) => files.find((one) => one.name === name)?.bytes;
    await adopt(await loadManifest('manifest.json', besideEachOther(read)), taking);
  });

/** Reads by name alone, whatever folder is named before it. */
const besideEachOther =
  (read: (name: string) => Promise<Uint8Array | undefined> | undefined): ReadFile =>
  async (path) => {
    const bytes = await read(path.replace(/^.*[\\/]/, ''));
    if (!bytes) throw new Error('it was not among the files that came with it');
    return bytes;
  };

async function adopt(loaded: LoadedManifest, { checker, tell }: Take): Promise<void> {
  const { stages, pack, name } = loaded.manifest;
  if (await isHere(loaded.manifest)) return choosePipeline(name);
  const manifest = { ...loaded.manifest, name: freeName(name, [SHIPPED, ...own.value]) };
  const checked = withFiles(manifest, async (file, sha256) => {
    tell(`Reading ${file}`);
    const bytes = await loaded.readVerified(file, sha256);
    tell(`Checking ${file}`);
    for (const stage of stages)
      if (stage.variants.some((variant) => variant.file === file)) await checker.check(stage, file, bytes);
    if (pack.file === file) await packOf(bytes, file, stages);
    return bytes;
  });
  show(await kept.save(checked));
  taken.value = `The pipeline ${manifest.name} is kept in this browser.`;
}

/** Whether the same pipeline is kept already. */
async function isHere(manifest: Manifest): Promise<boolean> {
  if (!own.value.includes(manifest.name)) return false;
  const { manifest: here } = await kept.load(manifest.name);
  return canonicalJson(here) === canonicalJson(inOneFolder(manifest));
}

/** Removes a pipeline of the user's own; its profiles stay. */
export const removePipeline = (name: string): Promise<void> =>
  take(async () => {
    await kept.delete(name);
    await choosePipeline(SHIPPED);
  });
