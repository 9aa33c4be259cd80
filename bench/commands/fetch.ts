import { Command } from 'commander';
import { filesOf } from '../../models/manifests/edit.ts';
import { loadManifest, MOST_FILE_BYTES, resolveFile } from '../../models/manifests/load.ts';
import { Interrupted, interruptSignal } from '../../workers/command/exit.ts';
import * as option from '../../workers/command/options.ts';
import { megabytes, ProgressLine } from '../../workers/command/terminal.ts';
import { FileCache } from '../../workers/hub/cache.ts';
import { HubClient } from '../../workers/hub/client.ts';
import { fileReader, isUrl } from '../../workers/hub/reader.ts';
import type { KnownFile } from '../../workers/hub/resume.ts';

export const fetchCommand = () =>
  new Command('fetch')
    .description("download a manifest's files, and check each file's SHA-256; a file that is here stays")
    .requiredOption('--manifest <file>', 'the manifest, e.g. one that ipa-edge pin wrote')
    .addHelpText(
      'after',
      `
Files are kept by their content in $XDG_CACHE_HOME/ipa-edge/files, or in the folder where the platform keeps caches: manifests
share them. After Ctrl-C or a lost connection the same command goes on where it stopped.

  $ ipa-edge pin Xenova/resnet-18 --out my/manifest.json
  $ ipa-edge fetch --manifest my/manifest.json
  $ ipa-edge bench --manifest my/manifest.json`,
    )
    .action(async (options) => {
      const signal = interruptSignal('stopping');
      const path = option.manifestPath(options);
      const { manifest } = await loadManifest(path, fileReader(signal));
      const known = filesOf(manifest).map(({ file, sha256, sizeBytes }) => ({
        url: resolveFile(path, file),
        sha256,
        sizeBytes: sizeBytes ?? 0,
        mostBytes: sizeBytes ?? MOST_FILE_BYTES,
      }));
      const files = [...new Map(known.map((file) => [file.sha256, file])).values()].filter(({ url }) =>
        isUrl(url),
      );
      await fetchAll(files, signal).catch((cause) => {
        if (!signal.aborted) throw cause;
        throw new Interrupted(
          'Stopped. What was downloaded is kept: run the same command again to continue.',
          { cause },
        );
      });
    });

interface WantedFile extends KnownFile {
  /** 0 where the manifest does not state it. */
  readonly sizeBytes: number;
}

/** Downloads the files that are not here or are damaged, one after the other. */
async function fetchAll(files: readonly WantedFile[], signal: AbortSignal): Promise<void> {
  const cache = new FileCache();
  const missing: WantedFile[] = [];
  for (const file of files) if (!((await cache.has(file)) && (await cache.check(file)))) missing.push(file);

  const client = new HubClient({ signal });
  const progress = new ProgressLine();
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
  console.log(
    `${missing.length} of ${files.length} files downloaded (${megabytes(before.movedBytes)} MB), ` +
      `the others were here. They are in ${cache.folder}`,
  );
}
