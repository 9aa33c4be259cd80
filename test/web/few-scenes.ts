import { createHash } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Host, serveFolder } from '../../bench/runner/static-server.ts';
import { ensurePageBuilt } from '../../bench/setup/built.ts';
import { ROOT } from '../../workers/command/root.ts';
import { FASHION } from '../workers/fashion.ts';
import { firstScenes } from './own-files.ts';

/** The two lightest variants of each shipped stage, with few labelled scenes: they are soon measured. */

const PACK = 'few.bin';
const SCENES = 8;

async function fewScenes() {
  const pack = await firstScenes(SCENES);
  const sha256 = createHash('sha256').update(pack).digest('hex');
  const shipped = JSON.parse(await readFile(FASHION, 'utf8'));
  for (const stage of shipped.stages) stage.variants.splice(2);
  return { pack, manifest: { ...shipped, pack: { file: PACK, sha256, source: 'the first scenes' } } };
}

/** Writes the pipeline into a folder. Returns the path of its manifest. */
export async function writeFewScenes(folder: string): Promise<string> {
  await cp(dirname(FASHION), folder, { recursive: true });
  const { pack, manifest } = await fewScenes();
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
