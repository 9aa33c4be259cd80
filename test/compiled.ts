import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'vite';
import { ROOT } from '../workers/command/root.ts';

/**
 * Returns the path of a file of the compiled library. Tests start compiled commands, because TypeScript takes three times as long
 * to start; `test/package/third-task.test.ts` starts the TypeScript.
 */
export const compiled = (file: string): string => join(ROOT, 'dist/lib', file);

export const IPA_EDGE = compiled('bench/cli.js');
export const IPA_AGENT = compiled('agent/cli.js');

const WORKER = /new URL\('([^']+\.node)\.ts', import\.meta\.url\)/;

/** Makes the sources start compiled workers, although tests import the sources as TypeScript. */
export const compiledWorkers: Plugin = {
  name: 'compiled-workers',
  enforce: 'pre',
  transform: {
    filter: { code: WORKER },
    handler: (code, id) =>
      code.replace(WORKER, (_, worker) => {
        const file = compiled(relative(ROOT, join(dirname(id), `${worker}.js`)));
        return `new URL('${pathToFileURL(file)}')`;
      }),
  },
};
