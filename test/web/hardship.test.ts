import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newContext, type OpenedPage, openIn, openPage, planned } from './opened-page.ts';
import { servedPage, servePageWithTestEngine } from './serve.ts';

/** Browsers and tabs that lack what the page would like: it says what it does, and loses nothing that was finished. */

const site = servedPage(servePageWithTestEngine);
let opened: OpenedPage;

const button = (name: string | RegExp) =>
  opened.page.getByRole('button', { name, exact: typeof name === 'string' });
const hold = (cells: number | undefined) =>
  opened.page.evaluate((most) => {
    globalThis.holdAfterCells = most;
  }, cells);

async function measureUntil(cells: number): Promise<void> {
  await hold(cells);
  await button('Start').click();
  await opened.page.locator('.progress').getByText(`${cells} of 90 cells`).waitFor();
}

describe('in a usual window', () => {
  beforeEach(async () => {
    opened = await openPage(site.browser, site.url);
  });
  afterEach(() => opened.context.close());

  it('a tab that is hidden while it measures says so, and so does another tab', async () => {
    const other = await openIn(opened.context, site.url);
    await measureUntil(30);
    await opened.page.evaluate(() => {
      Object.defineProperty(document, 'hidden', { get: () => true });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await opened.page.getByText('This page was hidden while it measured').waitFor();
    await other.page.getByText('That tab is hidden, and measures nothing until it is shown').waitFor();
    await hold(undefined);
    await planned(opened.page);
  });
});

it('a window that lets the page save nothing measures and plans, and says how long that lasts', async () => {
  const context = await newContext(site.browser);
  await context.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('not here', 'InvalidStateError');
    };
  });
  opened = await openIn(context, site.url);
  await opened.page.locator('.obstacle', { hasText: 'Profiles last until this page is closed' }).waitFor();
  await measureUntil(30);
  await button('Cancel').click();
  await hold(undefined);
  await button('Resume 30/90').click();
  await planned(opened.page);
  expect(await opened.page.locator('.saved li').count()).toBe(1);
  expect(opened.complaints).toEqual([]);
  await context.close();
});
