import { createReadStream, existsSync } from 'node:fs';
import { cp, readdir, stat } from 'node:fs/promises';
import { basename, join, normalize, sep } from 'node:path';
import type { Connect, Plugin } from 'vite';

/** Folder of models that several pipelines share. */
const SHARED = 'minis';

/**
 * Serves pipelines under `/models/`, and copies them into the build, with the models that they share. Ignores other folders.
 * @param folder contains one folder for each pipeline
 */
export function modelFiles(folder: string): Plugin {
  let outDir: string;
  return {
    name: 'ipa-edge:model-files',
    configResolved(config) {
      outDir = config.build.outDir;
    },
    configureServer: ({ middlewares }) => {
      middlewares.use('/models', serve(folder));
    },
    async writeBundle() {
      for (const name of await readdir(folder))
        if (isServed(join(folder, name)))
          await cp(join(folder, name), join(outDir, 'models', name), { recursive: true });
    },
  };
}

const isServed = (folder: string): boolean =>
  existsSync(join(folder, 'manifest.json')) || basename(folder) === SHARED;

/** Decodes the path of a URL, without `..`; undefined if the URL is malformed. */
function pathOf(url: string): string | undefined {
  try {
    return normalize(decodeURIComponent(new URL(url, 'http://localhost').pathname));
  } catch {
    return undefined;
  }
}

/** Makes the handler that serves the pipelines' files, and no others. */
function serve(folder: string): Connect.NextHandleFunction {
  return async (request, response, next) => {
    const path = pathOf(request.url ?? '/');
    if (path === undefined) return next();
    const [pipeline = ''] = path.split(sep).filter(Boolean);
    const file = join(folder, path);
    const allowed =
      pipeline !== '' && file.startsWith(join(folder, pipeline) + sep) && isServed(join(folder, pipeline));
    const found = allowed ? await stat(file).catch(() => null) : null;
    if (!found?.isFile()) return next();
    response.setHeader(
      'Content-Type',
      file.endsWith('.json') ? 'application/json' : 'application/octet-stream',
    );
    response.setHeader('Content-Length', found.size);
    createReadStream(file).pipe(response);
  };
}
