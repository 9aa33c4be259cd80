import { createHash } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Host, serveFolder } from '../../bench/runner/static-server.ts';
import { ensurePageBuilt } from '../../bench/setup/built.ts';
import { ROOT } from '../../workers/command/root.ts';
import { FASHION } from '../workers/fashion.ts';
import { firstScenes } from './own-files.ts';

/** The shipped pipeline with few labelled scenes, on which accuracy is soon measured. */

const PACK = 'few.bin';
const SCENES = 8;

async function fewScenes() {
  const pack = await firstScenes(SCENES);
  const sha256 = createHash('sha256').update(pack).digest('hex');
  const shipped = JSON.parse(await readFile(FASHION, 'utf8'));
  return { pack, manifest: { ...shipped, pack: { file: PACK, sha256, source: 'the first scenes' } } };
}

/** Writes the pipeline with the two lightest variants of each stage into a folder. Returns the path of its manifest. */
export async function writeFewScenes(folder: string): Promise<string> {
  await cp(dirname(FASHION), folder, { recursive: true });
  const { pack, manifest } = await fewScenes();
  for (const stage of manifest.stages) stage.variants.splice(2);
  await writeFile(join(folder, PACK), pack);
  const path = join(folder, 'manifest.json');
  await writeFile(path, JSON.stringify(manifest));
  return path;
}

/** Serves the built page with the pipeline. Its service worker must be blocked: it refuses files that were not built with it. */
export async function serveFewScenes(): Promise<Host> {
  await ensurePageBuilt();
  const { pack, manifest } = await fewScenes();
  const models = 'models/fashion';
  return serveFolder(
    join(ROOT, 'dist/page'),
    0,
    new Map<string, () => Promise<Uint8Array | string>>([
      [`${models}/manifest.json`, async () => JSON.stringify(manifest)],
      [`${models}/${PACK}`, async () => pack],
    ]),
  );
}
