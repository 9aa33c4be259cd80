import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { browserFlags, findBrowser } from './bench/setup/browser.js';

const executablePath = await findBrowser();
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Real runs under a load that must come in time. */
const ALONE = ['test/bench/adapt.test.ts'];

const NODE = {
  globalSetup: 'test/build.ts',
  testTimeout: 60_000,
  // Some build the page first.
  hookTimeout: 60_000,
};

export default defineConfig({
  test: {
    // Tests of pages and servers wait for other processes most of their time: also of two cores both have enough to do.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          ...NODE,
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.browser.test.ts', ...ALONE],
        },
      },
      // A project of one worker runs after the others.
      { test: { ...NODE, name: 'alone', include: ALONE, maxWorkers: 1 } },
      {
        server: { headers },
        worker: { format: 'es' },
        optimizeDeps: { exclude: ['onnxruntime-web', 'glpk.js'] },
        test: {
          name: 'browser',
          include: ['test/**/*.browser.test.ts'],
          testTimeout: 120_000,
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { ...(executablePath && { executablePath }), args: browserFlags() },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
