import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type LoadedManifest, loadManifest } from '../../models/manifests/load.ts';

/** The shipped pipeline, from disk. */

export const FASHION = fileURLToPath(new URL('../../models/fashion/manifest.json', import.meta.url));

export const loadFashion = (): Promise<LoadedManifest> => loadManifest(FASHION, (path) => readFile(path));
