import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type LoadedManifest, loadManifest } from '../models/manifests/load.ts';

/** The pipelines that are shipped with models. */

const MODELS = fileURLToPath(new URL('../models', import.meta.url));

const isRunnable = (name: string): boolean => {
  try {
    const { schema } = JSON.parse(readFileSync(`${MODELS}/${name}/manifest.json`, 'utf8'));
    return schema.startsWith('ipa-edge/manifest@');
  } catch {
    return false;
  }
};

export const SHIPPED = readdirSync(MODELS).filter(isRunnable);

export const loadShipped = (name: string): Promise<LoadedManifest> =>
  loadManifest(`${MODELS}/${name}/manifest.json`, async (path) => readFileSync(path));
