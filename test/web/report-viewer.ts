import type { BrowserContextOptions, Page } from 'playwright';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Report } from '../../solver/documents/report.ts';
import { type ReportFolder, reportFolder, sharedBrowser } from './serve.ts';

/** A report that a browser shows, with the errors of its page. */
interface ShownReport {
  readonly page: Page;
  readonly errors: readonly string[];
}

/** A text that ends a script, runs code in a page that takes the text as HTML, and has signs that `String.replace` reads. */
export const HOSTILE = '</script><img src=x onerror="window.broken = 1"><!-- $& $1 \u2028';

export const charts = (page: Page) => page.locator('svg.chart');

/**
 * Shows reports to the tests of a file or `describe`, all in one page, because a new page takes as long as a report. A report that
 * the page shows already stays as the test before left it. After a failed test the next one gets a new page.
 */
export function reportViewer(options: BrowserContextOptions = {}): (report: Report) => Promise<ShownReport> {
  const viewport = { width: 1280, height: 900 };
  let folder: ReportFolder;
  let shown: Report | undefined;
  let page: Page | undefined;
  const errors: string[] = [];
  const close = async () => {
    await page?.context().close();
    page = shown = undefined;
  };
  beforeAll(async () => {
    folder = await reportFolder();
  });
  afterAll(async () => {
    await close();
    await folder.remove();
  });
  afterEach(({ task }) => task.result?.state === 'fail' && close());
  return async (report) => {
    if (!page) {
      page = await (await sharedBrowser()).newPage({ viewport, ...options });
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('request', (request) => {
        if (!/^(file|data):/.test(request.url())) errors.push(`asked for ${request.url()}`);
      });
    }
    if (shown !== report) {
      errors.length = 0;
      await page.emulateMedia({ media: null });
      await page.setViewportSize(viewport);
      await page.goto(await folder.put(report));
      await page.locator('h1').waitFor();
      shown = report;
    }
    return { page, errors };
  };
}
