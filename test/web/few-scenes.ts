import { createHash } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Host, serveFolder } from '../../bench/runner/static-server.ts';
import { ensurePageBuilt } from '../../bench/setup/built.ts';
import { ROOT } from '../../workers/command/root.ts';
import { FASHION } from '../workers/fashion.ts';
import { firstScenes } from './own-files.ts';

/** Shipped pipelines with the two lightest variants of each stage; `fashion` with few labelled scenes, too: they are soon measured. */

const PACK = 'few.bin';
const SCENES = 8;

async function lightest(name: string) {
  const manifest = JSON.parse(await readFile(join(ROOT, 'models', name, 'manifest.json'), 'utf8'));
  for (const stage of manifest.stages) stage.variants.splice(2);
  return manifest;
}

/** The manifest of the pipeline, and the files that it names beside the models. */
export async function fewScenes() {
  const pack = await firstScenes(SCENES);
  const sha256 = createHash('sha256').update(pack).digest('hex');
  const source = 'the first scenes';
  return { pack, manifest: { ...(await lightest('fashion')), pack: { file: PACK, sha256, source } } };
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

/** Serves the built page with other files. Its service worker must be blocked: it refuses files that were not built with it. */
async function serveWith(files: Readonly<Record<string, Uint8Array | string>>): Promise<Host> {
  await ensurePageBuilt();
  const entries = Object.entries(files).map(([path, content]) => [path, async () => content] as const);
  return serveFolder(join(ROOT, 'dist/page'), 0, new Map(entries));
}

export async function serveFewScenes(): Promise<Host> {
  const { pack, manifest } = await fewScenes();
  return serveWith({
    'models/fashion/manifest.json': JSON.stringify(manifest),
    [`models/fashion/${PACK}`]: pack,
  });
}

export const serveLightest = async (name: string): Promise<Host> =>
  serveWith({ [`models/${name}/manifest.json`]: JSON.stringify(await lightest(name)) });
