import type { Browser, Page } from 'playwright';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Report } from '../../solver/documents/report.ts';
import { closeContexts, type ReportFolder, reportFolder, sharedBrowser } from './serve.ts';

/** A report that a browser shows, with the errors of its page. */
interface ShownReport {
  readonly page: Page;
  readonly errors: readonly string[];
}

/** Shows reports to the tests of a file, each in a page that is closed when its test ends. */
export function reportViewer(): (report: Report) => Promise<ShownReport> {
  let browser: Browser;
  let folder: ReportFolder;
  beforeAll(async () => {
    [browser, folder] = await Promise.all([sharedBrowser(), reportFolder()]);
  });
  afterAll(() => folder.remove());
  afterEach(() => closeContexts(browser));
  return async (report) => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) errors.push(`asked for ${request.url()}`);
    });
    await page.goto(await folder.put(report));
    await page.locator('h1').waitFor();
    return { page, errors };
  };
}
