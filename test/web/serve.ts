import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright';
import { build, preview } from 'vite';
import { browserFlags, findBrowser } from '../../bench/setup/browser.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export async function openBrowser(): Promise<Browser> {
  const executablePath = await findBrowser();
  return chromium.launch({ ...(executablePath && { executablePath }), args: browserFlags() });
}

/** Builds a mode of the pages into a new folder. */
async function built(mode: string): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), 'ipa-edge-page-'));
  await build({
    configFile: at('../../vite.config.ts'),
    mode,
    logLevel: 'error',
    build: { outDir, minify: false, reportCompressedSize: false },
    plugins: [
      {
        name: 'test-engine',
        enforce: 'pre',
        resolveId: (id) => (id.endsWith('/engine.ts') ? at('./engine.ts') : undefined),
      },
    ],
  });
  return outDir;
}

/** The built report's template, before anything is injected. */
export async function reportFolder(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await built('report');
  return { folder, remove: () => rm(folder, { recursive: true }) };
}

/** The built page with a stand-in for its engine, under the content security policy that is served. */
export async function servePage(): Promise<{ url: string; close(): Promise<void> }> {
  const outDir = await built('test');
  const server = await preview({
    configFile: at('../../vite.config.ts'),
    logLevel: 'error',
    build: { outDir },
    preview: { port: 0 },
  });
  return {
    url: server.resolvedUrls!.local[0]!,
    async close() {
      await server.close();
      await rm(outDir, { recursive: true });
    },
  };
}
