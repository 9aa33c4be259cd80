import type { BrowserContext, BrowserContextOptions, Page } from 'playwright';
import { afterEach, beforeEach, expect } from 'vitest';
import type { Host } from '../../bench/runner/static-server.ts';
import { newContext, openIn } from './opened-page.ts';
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
  let context: BrowserContext | undefined;
  let page: Page;
  let complaints: string[] = [];
  beforeEach(async () => {
    if (context) return;
    context = await newContext(site.browser, options);
    complaints = [];
    context.on('weberror', (error) => complaints.push(error.error().message));
    context.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    ({ page } = await openIn(context, site.url));
    await prepare(page);
  });
  afterEach(async ({ task }) => {
    const had = complaints.splice(0);
    if (task.result?.state === 'fail' || had.length > 0) {
      await context?.close();
      context = undefined;
    }
    expect(had).toEqual([]);
  });
  return {
    site,
    get page() {
      return page;
    },
    get context() {
      return context!;
    },
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
