import type { BrowserContextOptions, Page } from 'playwright';
import { afterEach, beforeEach, expect } from 'vitest';
import type { Host } from '../../bench/runner/static-server.ts';
import { newContext, type OpenedPage, openIn } from './opened-page.ts';
import { servedPage } from './serve.ts';

/**
 * Opens and prepares one page for all tests of a file, which take the page as the tests before left it. After a failed test the
 * next one gets a new page. Expects after each test that neither the page nor another one of its context had errors.
 * @param ownBrowser for tests that crash the browser's GPU process
 */
export function sharedPage(
  prepare: (page: Page) => Promise<void> = async () => {},
  serve?: () => Promise<Host>,
  options?: BrowserContextOptions,
  ownBrowser?: boolean,
) {
  const site = servedPage(serve, ownBrowser);
  let opened: OpenedPage | undefined;
  const complaints: string[] = [];
  beforeEach(async () => {
    if (opened) return;
    const context = await newContext(site.browser, options);
    context.on('weberror', (error) => complaints.push(error.error().message));
    context.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    opened = { ...(await openIn(context, site.url)), complaints };
    await prepare(opened.page);
  });
  afterEach(async ({ task }) => {
    const had = complaints.splice(0);
    if (task.result?.state === 'fail' || had.length > 0) {
      await opened?.context.close();
      opened = undefined;
    }
    expect(had).toEqual([]);
  });
  return {
    site,
    get opened() {
      return opened!;
    },
    get page() {
      return opened!.page;
    },
    get context() {
      return opened!.context;
    },
    /** Returns the errors until now, for a test that provokes errors; they do not fail the test. */
    takeComplaints: (): string[] => complaints.splice(0),
  };
}

/** Deletes the profiles that the page's browser has saved. */
export async function deleteProfiles(page: Page): Promise<void> {
  const profiles = page.locator('.saved li');
  for (let left = await profiles.count(); left > 0; left--) {
    await profiles
      .first()
      .getByRole('button', { name: /^Delete the profile/ })
      .click();
    await profiles
      .first()
      .getByRole('button', { name: /for good$/ })
      .click();
    await expect.poll(() => profiles.count()).toBe(left - 1);
  }
}
