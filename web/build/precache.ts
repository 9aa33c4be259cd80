import { hash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import type { Plugin } from 'vite';
import { isOnUse, isPrecached, isShell, type PrecachedFile } from '../service-worker/files.ts';
import { WORKER_FILE } from '../service-worker/messages.ts';

const PLACE = '__PRECACHE__';

/** Writes the list of the files to cache into the build's service worker, after all other plugins have written their files. */
export function precache(): Plugin {
  let outDir: string;
  return {
    name: 'ipa-edge:precache',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      outDir = resolve(config.root, config.build.outDir);
    },
    closeBundle: {
      sequential: true,
      order: 'post',
      handler() {
        const path = join(outDir, WORKER_FILE);
        const code = readFileSync(path, 'utf8');
        if (!code.includes(PLACE) || /\b(import|export)\b[\s{*"']/.test(code))
          throw new Error(
            `${path} must be a script without imports, with ${PLACE} where the list of files belongs`,
          );
        writeFileSync(
          path,
          code.replace(PLACE, () => JSON.stringify(list(outDir))),
        );
      },
    },
  };
}

const list = (outDir: string): PrecachedFile[] =>
  readdirSync(outDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({
      file,
      path: file
        .slice(outDir.length + 1)
        .split(sep)
        .join('/'),
    }))
    .filter(({ path }) => isPrecached(path))
    .map(({ file, path }) => {
      const sum = hash('sha256', readFileSync(file), 'base64');
      return { path, integrity: `sha256-${sum}`, shell: isShell(path), onUse: isOnUse(path) };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
