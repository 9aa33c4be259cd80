import { hash } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Host, serveFolder } from '../../bench/runner/static-server.ts';
import { ensurePageBuilt } from '../../bench/setup/built.ts';
import { ROOT } from '../../workers/command/root.ts';
import { gzip, type NamedTensor, safetensors } from '../models/safetensors.ts';
import { FASHION } from '../workers/fashion.ts';
import { firstScenes } from './own-files.ts';

/** Shipped pipelines with the two lightest variants of each stage and few labelled requests, so that tests measure them soon. */

const PACK = 'few.bin';
const SCENES = 8;

async function lightest(name: string) {
  const manifest = JSON.parse(await readFile(join(ROOT, 'models', name, 'manifest.json'), 'utf8'));
  for (const stage of manifest.stages) stage.variants.splice(2);
  return manifest;
}

/** Makes a pack of the first requests of a shipped pack of texts or recordings. */
async function firstRequests(file: string, count: number): Promise<Uint8Array> {
  const bytes = gunzipSync(await readFile(file));
  const start = 8 + Number(bytes.readBigUInt64LE());
  const header: Record<string, { dtype: string; shape: [number]; data_offsets: [number, number] }> =
    JSON.parse(bytes.toString('utf8', 8, start));
  const first = ([name, { dtype, shape, data_offsets }]: [string, (typeof header)[string]]) => {
    const [from, end] = data_offsets.map((offset) => start + offset) as [number, number];
    // A tensor such as `label.answer` holds texts end to end; `label_end.answer` says where each of them ends.
    const ends = header[name.replace(/^\w+/, '$&_end')];
    const rows = ends ? bytes.readInt32LE(start + ends.data_offsets[0] + 4 * (count - 1)) : count;
    const data = bytes.subarray(from, from + rows * ((end - from) / shape[0]));
    return [name, { dtype, shape: [rows], bytes: data }] satisfies [string, NamedTensor];
  };
  return gzip(safetensors(Object.fromEntries(Object.entries(header).map(first))));
}

function withPack<M extends object>(manifest: M, pack: Uint8Array) {
  const sha256 = hash('sha256', pack);
  return { pack, manifest: { ...manifest, pack: { file: PACK, sha256, source: 'the first requests' } } };
}

/** The manifest of `fashion` with the two lightest variants of each stage, and a pack of few scenes. */
export const fewScenes = async () => withPack(await lightest('fashion'), await firstScenes(SCENES));

/** Writes the pipeline of `fewScenes` into a folder. @returns the path of its manifest */
export async function writeFewScenes(folder: string): Promise<string> {
  await cp(dirname(FASHION), folder, { recursive: true });
  const { pack, manifest } = await fewScenes();
  await writeFile(join(folder, PACK), pack);
  const path = join(folder, 'manifest.json');
  await writeFile(path, JSON.stringify(manifest));
  return path;
}

/** Serves the built page with other files. Tests must block its service worker, which refuses files not built with the page. */
async function serveWith(files: Readonly<Record<string, Uint8Array | string>>): Promise<Host> {
  await ensurePageBuilt();
  const entries = Object.entries(files).map(([path, content]) => [path, async () => content] as const);
  return serveFolder(join(ROOT, 'dist/page'), 0, new Map(entries));
}

async function serveFew(name: string, few: Awaited<ReturnType<typeof fewScenes>>): Promise<Host> {
  return serveWith({
    [`models/${name}/manifest.json`]: JSON.stringify(few.manifest),
    [`models/${name}/${PACK}`]: few.pack,
  });
}

export const serveFewScenes = async (): Promise<Host> => serveFew('fashion', await fewScenes());

/** Serves the page with a pipeline of texts or recordings whose pack has only its first requests. */
export async function serveFewRequests(name: string, count: number): Promise<Host> {
  const manifest = await lightest(name);
  const pack = await firstRequests(join(ROOT, 'models', name, manifest.pack.file), count);
  return serveFew(name, withPack(manifest, pack));
}

/** Serves `fashion` with its two lightest variants of each stage, and all scenes that ship. */
export const serveLightest = async (): Promise<Host> =>
  serveWith({ 'models/fashion/manifest.json': JSON.stringify(await lightest('fashion')) });
