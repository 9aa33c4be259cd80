import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { filesOf, inOneFolder } from '../../models/manifests/edit.ts';
import { loadManifest } from '../../models/manifests/load.ts';
import { ROOT } from '../../workers/command/root.ts';
import { fileReader } from '../../workers/hub/reader.ts';
import { ensurePageBuilt } from '../setup/built.ts';
import { type Host, serveFolder } from './static-server.ts';

const PAGE = join(ROOT, 'dist/page');

/** Serves the page on 127.0.0.1. @throws PortUnavailableError */
export async function servePage(port: number): Promise<Host> {
  await ensurePageBuilt();
  return serveFolder(PAGE, port, modelsBesidePage());
}

/** The npm package has the shipped models only in `models`, not in the built page. Returns a reader for each file, by URL. */
function modelsBesidePage(): Map<string, () => Promise<Uint8Array>> {
  if (existsSync(join(PAGE, 'models'))) return new Map();
  const entries = readdirSync(join(ROOT, 'models'), { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return new Map(paths.map((path) => [relative(ROOT, path).split(sep).join('/'), () => readFile(path)]));
}

/** URL at which {@link serveManifest} serves the manifest, relative to the served folder. */
export const MANIFEST_URL = 'served/manifest.json';

/**
 * Checks a manifest and all its files, then serves them with a folder: the manifest at {@link MANIFEST_URL}, its files beside
 * it, wherever they are on disk or on other hosts. Other files in the manifest's folder are not served.
 * @param signal stops downloads
 * @throws MissingFileError, ChecksumError, InvalidDocumentError, UnsupportedDocumentError, InvalidPackError
 */
export async function serveManifest(
  manifestPath: string,
  folder: string,
  signal?: AbortSignal,
): Promise<Host> {
  const models = await loadManifest(manifestPath, fileReader(signal));
  await models.readPack();
  const files = filesOf(models.manifest);
  for (const { file, sha256 } of files) await models.readVerified(file, sha256);
  const served = inOneFolder(models.manifest);
  const at = (file: string) => MANIFEST_URL.replace(/[^/]*$/, file);
  return serveFolder(
    folder,
    0,
    new Map<string, () => Promise<Uint8Array | string>>([
      [MANIFEST_URL, async () => JSON.stringify(served)],
      ...filesOf(served).map(
        ({ file }, i) => [at(file), () => models.readVerified(files[i]!.file, files[i]!.sha256)] as const,
      ),
    ]),
  );
}

/** Serves the page with the models of a manifest. @throws errors of {@link serveManifest} */
export async function servePageWith(manifestPath: string, signal: AbortSignal): Promise<Host> {
  await ensurePageBuilt();
  return serveManifest(manifestPath, PAGE, signal);
}
