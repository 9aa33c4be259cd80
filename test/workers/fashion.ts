import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { batchOf, itemsOf } from '../../models/items/item-batch.ts';
import { type LoadedManifest, loadManifest, withFiles } from '../../models/manifests/load.ts';
import type { LabelledPack, Pack } from '../../models/packs/pack.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';

/** The shipped pipeline, from disk. */

export const FASHION = fileURLToPath(new URL('../../models/fashion/manifest.json', import.meta.url));

export const loadFashion = (): Promise<LoadedManifest> => loadManifest(FASHION, (path) => readFile(path));

/** The shipped pipeline with the two lightest variants of each stage and its first eight scenes: it is profiled in seconds. */
export async function loadSmallFashion(): Promise<LoadedManifest> {
  const { manifest, readVerified, readPack } = await loadFashion();
  const stages = manifest.stages.map((stage) => ({ ...stage, variants: stage.variants.slice(0, 2) }));
  const { items, truths } = (await readPack()) as LabelledPack;
  const pack: Pack = { items: batchOf(itemsOf(items, 8)), truths: truths.slice(0, 8) };
  return { ...withFiles({ ...manifest, stages } as Manifest, readVerified), readPack: async () => pack };
}
