import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject } from 'vitest';
import { servePage } from '../../bench/runner/host.ts';
import { type Host, serveFolder } from '../../bench/runner/static-server.ts';
import { findBrowser, testFlags } from '../../bench/setup/browser.js';
import type { Report } from '../../solver/documents/report.ts';
import { injectReport } from '../../solver/report/inject.ts';
import { PATIENCE_MS } from '../patience.ts';
import { type OpenedPage, openPage } from './opened-page.ts';
import { TEST_PAGE } from './test-page.ts';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the Chromium or Chrome that the commands use; undefined where only Playwright's own is installed. */
    readonly wholeBrowser: string | undefined;
  }
}

/** Starts a {@link patient} browser. @param path of its executable */
async function openBrowser(args = testFlags(), path?: string): Promise<Browser> {
  const executablePath = path ?? (await findBrowser());
  return patient(await chromium.launch({ ...(executablePath && { executablePath }), args }));
}

/** Lets each wait of Playwright in a browser's pages take up to `PATIENCE_MS`, because the machine may be busy. */
export const patient = (browser: Browser): Browser =>
  browser.on('context', (context) => context.setDefaultTimeout(PATIENCE_MS));

/** Starts a browser with windows, microphone and installed apps, which the headless shell of other tests lacks. */
export const openWholeBrowser = (args = testFlags()): Promise<Browser> =>
  openBrowser(args, inject('wholeBrowser'));

/** Returns the browser that the test files of this process share, because a browser takes a second of a core to start. */
export async function sharedBrowser(): Promise<Browser> {
  if (!(await globalThis.sharedBrowser)?.isConnected()) globalThis.sharedBrowser = openBrowser();
  return globalThis.sharedBrowser!;
}

export const closeContexts = (browser: Browser) =>
  Promise.all(browser.contexts().map((context) => context.close()));

/**
 * Opens a browser and serves a page for all tests of a file; by default the page as it ships.
 * @param ownBrowser for tests that crash the browser's GPU process
 */
export function servedPage(serve: () => Promise<Host> = () => servePage(0), ownBrowser = false) {
  let browser: Browser;
  let host: Host;
  beforeAll(async () => {
    [browser, host] = await Promise.all([ownBrowser ? openBrowser() : sharedBrowser(), serve()]);
  });
  afterAll(() => Promise.all([ownBrowser ? browser.close() : closeContexts(browser), host.close()]));
  return {
    get browser() {
      return browser;
    },
    get url() {
      return host.url;
    },
  };
}

/** Opens a page before each test of a file, and expects after the test that the page had no errors. */
export function openedPage(serve?: () => Promise<Host>) {
  const site = servedPage(serve);
  let opened: OpenedPage;
  beforeEach(async () => {
    opened = await openPage(site.browser, site.url);
  });
  afterEach(async () => {
    await opened.context.close();
    expect(opened.complaints).toEqual([]);
  });
  return {
    /** The browser and the address, for further pages. */
    site,
    get page() {
      return opened.page;
    },
    get context() {
      return opened.context;
    },
  };
}

/** A folder of reports, each in the built template as the commands write it. */
export interface ReportFolder {
  /** Writes a report in place of the one before. @returns the address of its page */
  put(report: Report): Promise<string>;
  remove(): Promise<void>;
}

export async function reportFolder(): Promise<ReportFolder> {
  const template = await readFile(at('../../dist/report/index.html'), 'utf8');
  const folder = await mkdtemp(join(tmpdir(), 'ipa-edge-report-'));
  const file = join(folder, 'report.html');
  return {
    async put(report) {
      await writeFile(file, injectReport(template, report));
      return pathToFileURL(file).href;
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

/** Serves the page with the test engine, with the content security policy of the page as it ships. */
export const servePageWithTestEngine = (): Promise<Host> => serveFolder(TEST_PAGE, 0);
