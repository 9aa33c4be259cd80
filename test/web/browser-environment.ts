import type { Browser } from 'playwright';
import type { Environment } from 'vitest/runtime';

declare global {
  /** The browser that the test files of a process share; absent until the first of them asks for it. */
  var sharedBrowser: Promise<Browser> | undefined;
}

/** A test environment of Node that closes the process's shared browser at the end. */
export default {
  name: 'browser',
  viteEnvironment: 'ssr',
  setup: () => ({
    async teardown() {
      await (await globalThis.sharedBrowser)?.close();
    },
  }),
} satisfies Environment;
