import { fileURLToPath } from 'node:url';
import { buildIfOlder, PAGE_SOURCES } from '../../bench/setup/built.ts';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The folder of the built page whose engine is `engine.ts`, beside this file. */
export const TEST_PAGE = at('../../dist/test-page');

/** Builds the page with the test engine if a source is newer. */
export const ensureTestPageBuilt = (): Promise<void> =>
  buildIfOlder(
    'test-page/index.html',
    [...PAGE_SOURCES, 'test/web/engine.ts', 'test/web/fixtures.ts'],
    buildTestPage,
  );

async function buildTestPage(): Promise<void> {
  const { build } = await import('vite');
  await build({
    configFile: at('../../vite.config.ts'),
    mode: 'test',
    logLevel: 'error',
    build: { outDir: TEST_PAGE, minify: false, reportCompressedSize: false },
    plugins: [
      {
        name: 'test-engine',
        enforce: 'pre',
        resolveId: (id) => (id.endsWith('/engine.ts') ? at('./engine.ts') : undefined),
      },
    ],
  });
}
