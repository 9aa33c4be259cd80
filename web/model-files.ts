import { createReadStream } from 'node:fs';
import { cp, readdir, stat } from 'node:fs/promises';
import { join, normalize, sep } from 'node:path';
import type { Plugin } from 'vite';

/** Files that a pipeline loads; the folder of models also holds code and what they were trained with. */
const isPipelineFile = (path: string): boolean => /\.(json|onnx|bin)$/.test(path);

/**
 * Serves the files of pipelines under `/models/` and copies them into the build.
 * @param folder holds a folder for each pipeline, with its `manifest.json`
 */
export function modelFiles(folder: string): Plugin {
  let outDir: string;
  return {
    name: 'ipa-edge:model-files',
    configResolved(config) {
      outDir = config.build.outDir;
    },
    configureServer(server) {
      server.middlewares.use('/models', async (request, response, next) => {
        const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
        const file = join(folder, path);
        const inside = file.startsWith(folder + sep) && isPipelineFile(file);
        const found = inside ? await stat(file).catch(() => null) : null;
        if (!found?.isFile()) return next();
        response.setHeader(
          'Content-Type',
          file.endsWith('.json') ? 'application/json' : 'application/octet-stream',
        );
        response.setHeader('Content-Length', found.size);
        createReadStream(file).pipe(response);
      });
    },
    async writeBundle() {
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        const pipeline = join(folder, entry.name);
        if (!entry.isDirectory() || !(await stat(join(pipeline, 'manifest.json')).catch(() => null)))
          continue;
        for (const file of (await readdir(pipeline)).filter(isPipelineFile))
          await cp(join(pipeline, file), join(outDir, 'models', entry.name, file));
      }
    },
  };
}
