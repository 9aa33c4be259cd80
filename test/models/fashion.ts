import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loadManifest } from '../../models/manifests/load.ts';
import type { LabelledPack } from '../../models/packs/pack.ts';

/** The pipeline `fashion` as it ships, with its labelled pack. */
export async function fashion() {
  const path = fileURLToPath(new URL('../../models/fashion/manifest.json', import.meta.url));
  const loaded = await loadManifest(path, (file) => readFile(file));
  return { ...loaded, stages: loaded.pipeline.stages, pack: (await loaded.readPack()) as LabelledPack };
}

/** Numbers that models/train/fashion/fixtures.py wrote. */
export async function fixture<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(`fixtures/${name}`, import.meta.url), 'utf8'));
}
