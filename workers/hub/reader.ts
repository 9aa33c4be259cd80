import { joinAtMost } from '../../models/manifests/at-most.ts';
import type { ReadFile } from '../../models/manifests/load.ts';
import { chunksOfFile, readAtMost } from '../command/files.ts';
import { ProgressLine } from '../command/terminal.ts';
import { FileCache } from './cache.ts';
import { announcedWait, HubClient } from './client.ts';

export const isUrl = (path: string): boolean => /^https?:\/\//i.test(path);

/**
 * Returns a function that reads the files of a manifest by path or URL. A URL with a known hash is read from the cache. If the
 * cache lacks the file, the file is downloaded first, and the progress is shown. Any other URL is downloaded at each reading.
 * @param signal stops downloads, whose bytes that have arrived are kept, and the reading of pipes
 */
export function fileReader(signal?: AbortSignal): ReadFile {
  const progress = new ProgressLine();
  return async (path, mostBytes, sha256) => {
    if (!isUrl(path)) return joinAtMost(chunksOfFile(path, signal), mostBytes);
    const client = new HubClient({
      signal,
      wait: announcedWait(signal, (line) => progress.line(() => line)),
    });
    if (sha256 === undefined) return client.bytes(path, mostBytes).finally(progress.clear);
    const startMs = performance.now();
    const file = await new FileCache()
      .fetch({ url: path, sha256, mostBytes }, client, (done) =>
        progress.bytes(`downloading ${path}`, done, startMs),
      )
      .finally(progress.clear);
    return readAtMost(file, mostBytes);
  };
}
