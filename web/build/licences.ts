import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const FILE = 'licences.txt';
const LICENCE = /^(licen[cs]e|copying|notice)/i;
const PACKAGE = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//;

/**
 * Writes the licence notices of all packages in the build to `licences.txt`. Vite builds workers on their own, so a second
 * plugin in `worker.plugins` collects their packages.
 */
export function licences(): { page: Plugin; worker: Plugin } {
  const folders = new Set<string>();
  const collect: Plugin['generateBundle'] = (_options, bundle) => {
    for (const chunk of Object.values(bundle))
      for (const id of chunk.type === 'chunk' ? chunk.moduleIds : []) {
        const folder = PACKAGE.exec(id)?.[1];
        if (folder) folders.add(folder);
      }
  };
  return {
    worker: { name: 'ipa-edge:licences-of-workers', generateBundle: collect },
    page: {
      name: 'ipa-edge:licences',
      apply: 'build',
      generateBundle(...build) {
        collect.apply(this, build);
        const source = [...folders].sort().map(notice).join('\n\n');
        this.emitFile({ type: 'asset', fileName: FILE, source: `${source}\n` });
      },
    },
  };
}

/** Name, version and licence of the package in a folder, with the text of its licence files. */
function notice(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const texts = readdirSync(folder)
    .filter((file) => LICENCE.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
}
