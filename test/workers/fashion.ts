import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { batchOf, itemsOf } from '../../models/items/item-batch.ts';
import { type LoadedManifest, loadManifest, withFiles } from '../../models/manifests/load.ts';
import type { LabelledPack, Pack } from '../../models/packs/pack.ts';
import type { Manifest, ManifestStage } from '../../solver/documents/manifest.ts';

/** Loads the shipped pipeline `fashion` from disk. */

export const FASHION = fileURLToPath(new URL('../../models/fashion/manifest.json', import.meta.url));

export const loadFashion = (): Promise<LoadedManifest> => loadManifest(FASHION, (path) => readFile(path));

/**
 * Loads the pipeline with few variants and its first scenes, so that a test profiles it soon.
 * @param keep variants of each stage, by default the two lightest
 */
export async function loadSmallFashion(
  keep = (variants: ManifestStage['variants']) => variants.slice(0, 2),
  scenes = 8,
): Promise<LoadedManifest> {
  const { manifest, readVerified, readPack } = await loadFashion();
  const stages = manifest.stages.map((stage) => ({ ...stage, variants: keep(stage.variants) }));
  const { items, truths } = (await readPack()) as LabelledPack;
  const pack: Pack = { items: batchOf(itemsOf(items, scenes)), truths: truths.slice(0, scenes) };
  return { ...withFiles({ ...manifest, stages } as Manifest, readVerified), readPack: async () => pack };
}
