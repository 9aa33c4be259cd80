import { Command } from 'commander';
import { interruptSignal } from '../../workers/command/exit.ts';
import * as option from '../../workers/command/options.ts';
import { fetchFiles } from '../recipe/fetch.ts';

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
      console.log(await fetchFiles(option.manifestPath(options), interruptSignal()));
    });
