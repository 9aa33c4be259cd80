import { fileURLToPath } from 'node:url';
import preact from '@preact/preset-vite';
import { defineConfig } from 'vite';
import { viteSingleFile } from 'vite-plugin-singlefile';
import { modelFiles } from './web/model-files.ts';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The page needs isolation for threads and for a fine timer. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** WebAssembly is GLPK's and ONNX Runtime's. */
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:";

/** `--mode report` builds the report: one file that takes its JSON injected. Every other mode is the page's. */
export default defineConfig(({ mode }) =>
  mode === 'report'
    ? {
        root: at('web/report'),
        plugins: [preact(), viteSingleFile()],
        build: { target: 'esnext', outDir: at('dist/report'), emptyOutDir: true },
      }
    : {
        root: at('web'),
        // A file that is missing is told as such, not answered with the page.
        appType: 'mpa',
        // The example imports the package by name, as other people's pages do.
        resolve: { alias: { 'ipa-edge': at('workers/index.browser.ts') } },
        plugins: [preact(), modelFiles(at('models'))],
        worker: { format: 'es' },
        optimizeDeps: { exclude: ['onnxruntime-web', 'glpk.js'] },
        server: { headers: isolation, host: '127.0.0.1' },
        preview: { headers: { ...isolation, 'Content-Security-Policy': POLICY }, host: '127.0.0.1' },
        build: {
          target: 'esnext',
          outDir: at('dist/page'),
          emptyOutDir: true,
          rolldownOptions: { input: [at('web/index.html'), at('web/headless.html'), at('web/example.html')] },
        },
      },
);
