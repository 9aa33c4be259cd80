import { fileURLToPath } from 'node:url';
import preact from '@preact/preset-vite';
import { defineConfig } from 'vite';
import { viteSingleFile } from 'vite-plugin-singlefile';
import { contentPolicy } from './web/build/content-policy.ts';
import { licences } from './web/build/licences.ts';
import { modelFiles } from './web/build/model-files.ts';
import { precache } from './web/build/precache.ts';
import { WORKER_FILE } from './web/service-worker/messages.ts';
import { DEV_HEADERS } from './workers/environment/page-headers.ts';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * `--mode report` builds the report page as one file, into which a report's JSON is injected later. Other modes build the page.
 */
export default defineConfig(({ mode }) => {
  const notices = licences();
  return mode === 'report'
    ? {
        root: at('web/report'),
        plugins: [preact(), viteSingleFile(), notices.page],
        build: { target: 'esnext', outDir: at('dist/report'), emptyOutDir: true },
      }
    : {
        root: at('web'),
        // The build works under any path.
        base: './',
        // A request for a missing file gets a 404, not the page.
        appType: 'mpa',
        // The example imports the package by name, as other people's pages do.
        resolve: { alias: { 'ipa-edge': at('workers/index.browser.ts') } },
        plugins: [preact(), modelFiles(at('models')), contentPolicy(), notices.page, precache()],
        worker: { format: 'es', plugins: () => [notices.worker] },
        optimizeDeps: { exclude: ['onnxruntime-web', 'glpk.js'] },
        server: { headers: DEV_HEADERS, host: '127.0.0.1' },
        build: {
          target: 'esnext',
          outDir: at('dist/page'),
          emptyOutDir: true,
          rolldownOptions: {
            input: {
              index: at('web/index.html'),
              headless: at('web/headless.html'),
              example: at('web/example.html'),
              'service-worker': at('web/service-worker/worker.ts'),
            },
            // Browsers look for a newer service worker under the old one's name, so its name has no hash.
            output: {
              entryFileNames: ({ name }) =>
                name === 'service-worker' ? WORKER_FILE : 'assets/[name]-[hash].js',
            },
          },
        },
      };
});
