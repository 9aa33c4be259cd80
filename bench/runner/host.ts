import { existsSync, readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { withFileNames } from '../../models/manifests/edit.ts';
import { loadManifest, resolveFile } from '../../models/manifests/load.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';
import { ROOT } from '../../workers/command/root.ts';

const CONFIG = join(ROOT, 'vite.config.ts');

const SOURCES = ['web', 'workers', 'solver', 'models', 'vite.config.ts', 'package-lock.json'];

function newest(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(...readdirSync(path).map((file) => newest(join(path, file))), 0);
}

/** Builds the report's template and the page, unless they are newer than every source. */
export async function ensureBuilt(): Promise<void> {
  for (const [mode, file] of [
    // The page holds the report's template, so that it can save reports.
    ['report', 'report/index.html'],
    ['production', 'page/index.html'],
  ] as const) {
    const built = join(ROOT, 'dist', file);
    const fresh =
      existsSync(built) && SOURCES.every((source) => newest(join(ROOT, source)) <= statSync(built).mtimeMs);
    if (fresh) continue;
    await buildShipped(mode);
  }
}

/** Builds what is shipped, whatever the environment of who asks is for: a test's would make a build for development. */
async function buildShipped(mode: string): Promise<void> {
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  try {
    const { build } = await import('vite');
    await build({ configFile: CONFIG, mode, logLevel: 'error' });
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  }
}

/** Reads a file by path or URL. */
export async function readAny(path: string): Promise<Uint8Array> {
  if (!/^https?:/.test(path)) return readFile(path);
  const response = await fetch(path);
  if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

export interface Host {
  /** Of the built page, with a slash at its end. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the page, built where it is not, on loopback with the headers it needs; `plugins` may serve more. */
export async function servePage(port: number, plugins: Plugin[] = []): Promise<Host> {
  await ensureBuilt();
  // Loaded here, so that commands without a page start at once.
  const { preview } = await import('vite');
  const server = await preview({
    configFile: CONFIG,
    logLevel: 'error',
    plugins,
    preview: { port, host: '127.0.0.1', strictPort: port !== 0 },
  });
  const address = server.httpServer.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { url: `http://127.0.0.1:${address.port}/`, close: () => server.close() };
}

/** A manifest's own files under one folder of the server, wherever they lie on disk; nothing else is served. */
export const MANIFEST_URL = 'served/manifest.json';

function servedFiles(manifestPath: string, manifest: Manifest): Plugin {
  const files: string[] = [];
  const serve = (file: string): string => {
    files.push(resolveFile(manifestPath, file));
    return `file-${files.length - 1}`;
  };
  const served = withFileNames(manifest, serve);
  return {
    name: 'ipa-edge-manifest',
    configurePreviewServer: ({ middlewares }) => {
      middlewares.use('/served/', async (request, response) => {
        const name = request.url?.slice(1) ?? '';
        const path = files[Number(/^file-(\d+)$/.exec(name)?.[1])];
        if (name === 'manifest.json') response.end(JSON.stringify(served));
        else if (path)
          response.setHeader('Content-Type', 'application/octet-stream').end(await readAny(path));
        else response.writeHead(404).end();
      });
    },
  };
}

/**
 * Checks a manifest and all its files, then serves the page with them.
 * @throws MissingFileError, ChecksumError, InvalidDocumentError, UnsupportedDocumentError, InvalidPackError
 */
export async function serveManifest(manifestPath: string): Promise<Host> {
  const models = await loadManifest(manifestPath, readAny);
  await models.readPack();
  for (const stage of models.manifest.stages)
    for (const variant of stage.variants) await models.readModels(variant);
  return servePage(0, [servedFiles(manifestPath, models.manifest)]);
}
