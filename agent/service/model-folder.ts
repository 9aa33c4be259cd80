import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { type LoadedManifest, loadManifest, type ReadFile } from '../../models/manifests/load.ts';
import { InputError } from '../../solver/documents/coded-error.ts';
import { ROOT } from '../../workers/command/root.ts';
import { fileReader, isUrl } from '../../workers/hub/reader.ts';

/** A manifest refers to a file of this machine outside the folder whose files it may name. */
class OutsideModelFolderError extends InputError {
  override name = 'OutsideModelFolderError';
  constructor(path: string, folder: string) {
    super(
      `${path} is not in ${folder}, the folder of the manifest, and the agent reads no other files of this machine. Put it there.`,
    );
  }
}

const SHIPPED = join(ROOT, 'models');

/** The folder whose files a manifest may name. */
async function folderOf(manifestPath: string): Promise<string> {
  const [own, shipped] = await Promise.all(
    [dirname(manifestPath), SHIPPED].map((folder) => realpath(folder)),
  );
  return dirname(own!) === shipped ? shipped! : own!;
}

/**
 * Loads a manifest. Of the files on this machine, reads only those inside the manifest's folder, and refuses links to elsewhere.
 * Shipped pipelines share models, so the folder of a shipped manifest is that of all shipped models. A URL is downloaded, and its
 * content must match the SHA-256 in the manifest. Plans name variants and no files, so a plan from a client cannot make the agent
 * read other files.
 * @param signal stops downloads
 * @throws OutsideModelFolderError, and errors of {@link loadManifest}
 */
export async function loadModelFolder(manifestPath: string, signal?: AbortSignal): Promise<LoadedManifest> {
  const readFile = fileReader(signal);
  let allowed: Promise<string> | undefined;
  const read: ReadFile = async (path, bytesMax, sha256) => {
    if (path === manifestPath || isUrl(path)) return readFile(path, bytesMax, sha256);
    allowed ??= folderOf(manifestPath);
    const folder = await allowed;
    if (/^[a-z][a-z0-9+.-]+:/i.test(path)) throw new OutsideModelFolderError(path, folder);
    const target = await realpath(path);
    const from = relative(folder, target);
    if (from === '..' || from.startsWith(`..${sep}`) || isAbsolute(from))
      throw new OutsideModelFolderError(path, folder);
    return readFile(target, bytesMax);
  };
  return loadManifest(manifestPath, read);
}
