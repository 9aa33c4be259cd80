import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { findBrowser, findTestBrowser, testFlags } from './bench/setup/browser.js';
import { compiledWorkers } from './test/compiled.ts';
import { PATIENCE_MS } from './test/patience.ts';
import RetriedTests from './test/retried.ts';
import LongestFirst from './test/sequencer.ts';

const wholeBrowser = await findBrowser();
const executablePath = await findTestBrowser();
// Commands that tests start find their browser by this variable, too.
if (executablePath) process.env.CHROME_PATH = executablePath;
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Slow tests of pure logic: statistics of simulations and forecasts, and all models on all scenes. */
const LONG = [
  'test/solver/adapt/predictors/learned.test.ts',
  'test/solver/simulate/closed-form.test.ts',
  'test/solver/confirmed.test.ts',
  'test/models/fashion.test.ts',
];
/**
 * Tests of pure logic, which need neither processes, nor browsers, nor a built page. `npm run test:fast` runs those not in
 * `LONG`.
 */
const LOGIC = ['test/solver/**/*.test.ts', 'test/models/**/*.test.ts', 'test/architecture.test.ts'];
/**
 * Tests that need the built page or package. Both are built once beforehand, so that tests in parallel do not each build them.
 */
const BUILT = ['test/web/**/*.test.ts', 'test/bench/**/*.test.ts', 'test/package/**/*.test.ts'];
const IN_BROWSER = 'test/**/*.browser.test.ts';

const COMMON = {
  provide: { wholeBrowser },
  // Files of a project share their processes, because each process loads all modules anew. Tests leave no state behind.
  isolate: false,
  // A wait for a condition fails after `PATIENCE_MS` and names the condition. A test has a longer limit, so that this error
  // shows.
  testTimeout: 1.25 * PATIENCE_MS,
  hookTimeout: 1.25 * PATIENCE_MS,
  // A poll often asks another process, which takes both processes milliseconds, so polls are not more frequent.
  expect: { poll: { timeout: PATIENCE_MS, interval: 100 } },
};

/**
 * A busy machine may leave a process or a page without CPU for seconds, so a failed test runs once more. `RetriedTests` prints
 * why it failed.
 */
const OF_PROCESSES = { ...COMMON, retry: 1 };

export default defineConfig({
  test: {
    // Tests of pages and servers wait for other processes much of their time: two files more than cores keep the cores busy.
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', new RetriedTests()],
    projects: [
      { test: { ...COMMON, name: 'logic', include: LOGIC, exclude: [IN_BROWSER, ...LONG] } },
      { test: { ...COMMON, name: 'long', include: LONG } },
      {
        plugins: [compiledWorkers],
        test: {
          ...OF_PROCESSES,
          name: 'node',
          globalSetup: 'test/build-library.ts',
          include: ['test/**/*.test.ts'],
          exclude: [IN_BROWSER, ...LOGIC, ...BUILT],
        },
      },
      {
        plugins: [compiledWorkers],
        test: {
          ...OF_PROCESSES,
          name: 'page',
          environment: './test/web/browser-environment.ts',
          globalSetup: 'test/build.ts',
          include: BUILT,
          exclude: [IN_BROWSER, ...LONG],
        },
      },
      {
        server: { headers },
        worker: { format: 'es' },
        optimizeDeps: { exclude: ['onnxruntime-web', 'glpk.js'] },
        test: {
          ...OF_PROCESSES,
          // Each test file gets a page of its own, so that its workers and GPU devices end with the page.
          isolate: true,
          name: 'browser',
          include: [IN_BROWSER],
          browser: {
            enabled: true,
            // Only the browser runs its files one after the other. If the project itself had `fileParallelism: false`, vitest
            // would run it last and alone, not beside the other projects.
            fileParallelism: false,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { ...(executablePath && { executablePath }), args: testFlags() },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
