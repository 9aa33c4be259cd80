import { filesOf } from '../../models/manifests/edit.ts';
import { FILE_BYTES_MAX, loadManifest, resolveFile } from '../../models/manifests/load.ts';
import { Interrupted } from '../../workers/command/exit.ts';
import { megabytes, ProgressLine } from '../../workers/command/terminal.ts';
import { FileCache } from '../../workers/hub/cache.ts';
import { announcedWait, HubClient } from '../../workers/hub/client.ts';
import { fileReader, isUrl } from '../../workers/hub/reader.ts';
import type { KnownFile } from '../../workers/hub/resume.ts';

/**
 * Downloads the files that a manifest names by URL, if they are missing or damaged in the cache.
 * @returns what was done, in words
 * @throws Interrupted, and errors of reading the manifest and of downloading
 */
export async function fetchFiles(path: string, signal: AbortSignal): Promise<string> {
  const { manifest } = await loadManifest(path, fileReader(signal));
  const wanted = filesOf(manifest)
    .map(({ file, sha256, sizeBytes }) => ({
      url: resolveFile(path, file),
      sha256,
      sizeBytes: sizeBytes ?? 0,
      mostBytes: sizeBytes ?? FILE_BYTES_MAX,
    }))
    .filter(({ url }) => isUrl(url));
  const files = [...new Map(wanted.map((file) => [file.sha256, file])).values()];
  return fetchAll(files, signal).catch((cause) => {
    if (!signal.aborted) throw cause;
    throw new Interrupted('Stopped. What was downloaded is kept: run the same command again to continue.', {
      cause,
    });
  });
}

interface WantedFile extends KnownFile {
  /** Size of the file; 0 if the manifest does not state it. */
  readonly sizeBytes: number;
}

/** Downloads the files that are missing or damaged in the cache, one after the other. @returns what was done, in words */
async function fetchAll(files: readonly WantedFile[], signal: AbortSignal): Promise<string> {
  if (files.length === 0) return 'Nothing has to be downloaded: the manifest names no file by a URL.';
  const cache = new FileCache();
  const missing: WantedFile[] = [];
  for (const file of files) {
    signal.throwIfAborted();
    if (!((await cache.has(file)) && (await cache.check(file)))) missing.push(file);
  }

  const progress = new ProgressLine();
  const client = new HubClient({ signal, wait: announcedWait(signal, (line) => progress.line(() => line)) });
  const startMs = performance.now();
  let before = { doneBytes: 0, movedBytes: 0 };
  let laterBytes = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  for (const [i, file] of missing.entries()) {
    laterBytes -= file.sizeBytes;
    let all = before;
    await cache
      .fetch(file, client, ({ url, doneBytes, totalBytes, movedBytes }) => {
        all = {
          doneBytes: before.doneBytes + doneBytes,
          movedBytes: before.movedBytes + movedBytes,
        };
        const bytes = { ...all, totalBytes: before.doneBytes + totalBytes + laterBytes };
        progress.bytes(`file ${i + 1} of ${missing.length}: ${url}`, bytes, startMs);
      })
      .finally(progress.clear);
    before = all;
  }
  return (
    `${missing.length} of ${files.length} files downloaded (${megabytes(before.movedBytes)} MB), ` +
    `the others were here. They are in ${cache.folder}`
  );
}
