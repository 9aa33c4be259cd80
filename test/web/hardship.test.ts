import type { Locator } from 'playwright';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CELLS, fashionProfile } from './fixtures.ts';
import {
  choose,
  holdAfter,
  measureUntil,
  newContext,
  type OpenedPage,
  openIn,
  openPage,
  planned,
  profileFile,
} from './opened-page.ts';
import { servedPage, servePageWithTestEngine } from './serve.ts';

/** Browsers and tabs that lack a feature or room: the page says what it does instead, and loses no finished work. */

declare global {
  /** Whether this page's writes fail as on a full disk. */
  var diskIsFull: boolean | undefined;
  /** Whether the planners that this page starts fail at their first call. */
  var plannersFail: boolean | undefined;
}

const site = servedPage(servePageWithTestEngine);
let opened: OpenedPage;

const button = (name: string | RegExp) =>
  opened.page.getByRole('button', { name, exact: typeof name === 'string' });
const alert = () => opened.page.locator('.page-problem [role=alert]');

/** Stops a profile after 30 cells, changes what the browser keeps about stopped profiles, and loads the page again. */
async function stoppedAs(change: (kept: Record<string, unknown>[]) => unknown): Promise<void> {
  const { page } = opened;
  await measureUntil(page, 30);
  await button('Cancel').click();
  await button(`Resume 30/${CELLS}`).waitFor();
  const key = 'ipa-edge/interrupted';
  const kept = JSON.parse((await page.evaluate((key) => localStorage.getItem(key), key))!);
  const changed = JSON.stringify(change(kept));
  await page.evaluate(([key, text]) => localStorage.setItem(key, text), [key, changed] as const);
  await page.reload();
}

/** Returns whether an element is wholly in sight. */
const inWindow = (element: Locator): Promise<boolean> =>
  element.evaluate((one) => {
    const { top, bottom } = one.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  });

describe('in a usual window', () => {
  beforeEach(async () => {
    opened = await openPage(site.browser, site.url);
  });
  afterEach(() => opened.context.close());

  it('a profile that is measured says so wherever the user is, and leads to what comes next', async () => {
    await measureUntil(opened.page, 30);
    await opened.page.locator('#share').scrollIntoViewIfNeeded();
    await holdAfter(opened.page, undefined);
    const done = opened.page.getByRole('complementary', { name: 'Measured' });
    await done.getByText(/Done\. fashion is measured: \d+ cells in/).waitFor();
    await expect.poll(() => inWindow(done)).toBe(true);
    await done.getByRole('button', { name: 'See the results' }).click();
    await expect.poll(() => inWindow(opened.page.getByRole('heading', { name: 'Results' }))).toBe(true);
    expect(await done.count()).toBe(0);
  });

  it('a disk that gets full stops the profile; with room again, it goes on where it was', async () => {
    await measureUntil(opened.page, 30);
    await opened.page.evaluate(() => {
      const { add } = IDBObjectStore.prototype;
      globalThis.diskIsFull = true;
      IDBObjectStore.prototype.add = function (...row) {
        const request = add.apply(this, row);
        if (globalThis.diskIsFull) this.transaction.abort();
        return request;
      };
      Object.defineProperty(IDBTransaction.prototype, 'error', {
        get: () => globalThis.diskIsFull && new DOMException('full', 'QuotaExceededError'),
      });
    });
    await holdAfter(opened.page, undefined);
    await alert().getByText('There is no room left to save').waitFor();
    await opened.page.evaluate(() => {
      globalThis.diskIsFull = false;
    });
    const resume = button(new RegExp(`^Resume \\d+/${CELLS}$`));
    expect(Number(/\d+/.exec((await resume.textContent())!)![0])).toBeGreaterThanOrEqual(30);
    await resume.click();
    await planned(opened.page);
    expect(await opened.page.locator('.saved li').count()).toBe(1);
    // Who goes on by a link needs no message that leads there.
    const done = opened.page.getByRole('complementary', { name: 'Measured' });
    await done.waitFor();
    await opened.page.getByRole('link', { name: 'Plan', exact: true }).click();
    await expect.poll(() => done.count()).toBe(0);
  });

  it('after an update of the browser, whose times may differ, a stopped profile is measured anew, which is said, and is then done', async () => {
    const { page } = opened;
    // The version of the browser is part of a journal's name.
    await stoppedAs(([left]) => [{ ...left, journal: 'of an older browser' }]);
    await holdAfter(page, 10);
    await button(`Resume 30/${CELLS}`).click();
    await page.getByText('is measured from the start').waitFor();
    await holdAfter(page, undefined);
    await planned(page);
    expect(await button(/^Resume/).count()).toBe(0);
  });

  it('a profile that was stopped in an earlier version of the page, which kept one without its journal, goes on', async () => {
    const { page } = opened;
    await stoppedAs(([left]) => ({ ...left, journal: undefined }));
    await holdAfter(page, undefined);
    await button(`Resume 30/${CELLS}`).click();
    await planned(page);
    expect(await page.getByText('is measured from the start').count()).toBe(0);
    expect(await button(/^Resume/).count()).toBe(0);
  });

  it('a tab that is hidden while it measures says so, and so does another tab', async () => {
    const other = await openIn(opened.context, site.url);
    await measureUntil(opened.page, 30);
    await opened.page.evaluate(() => {
      Object.defineProperty(document, 'hidden', { get: () => true });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await opened.page.getByText('This page was hidden while it measured').waitFor();
    await other.page.getByText('That tab is hidden, and measures nothing until it is shown').waitFor();
    await holdAfter(opened.page, undefined);
    await planned(opened.page);
  });
});

it('a window that blocks all data of the page says that it cannot keep tabs apart, and measures', async () => {
  const context = await newContext(site.browser);
  await context.addInitScript(() => {
    const refuse = () => {
      throw new DOMException('not here', 'SecurityError');
    };
    LockManager.prototype.request = LockManager.prototype.query = async () => refuse();
    CacheStorage.prototype.open = async () => refuse();
    StorageManager.prototype.estimate = async () => refuse();
    IDBFactory.prototype.open = refuse;
    globalThis.BroadcastChannel = refuse as unknown as typeof BroadcastChannel;
    Object.defineProperty(globalThis, 'localStorage', { get: refuse });
  });
  opened = await openIn(context, site.url);
  expect(await opened.page.locator('.check', { hasText: 'One tab measures' }).textContent()).toContain('no');
  await button('Start').click();
  await planned(opened.page);
  expect(opened.complaints).toEqual([]);
  await context.close();
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
  await measureUntil(opened.page, 30);
  await button('Cancel').click();
  await holdAfter(opened.page, undefined);
  await button(`Resume 30/${CELLS}`).click();
  await planned(opened.page);
  expect(await opened.page.locator('.saved li').count()).toBe(1);
  expect(opened.complaints).toEqual([]);
  await context.close();
});

it('a planner that has no memory left is said to be lost, and plans once Try again is pressed', async () => {
  const context = await newContext(site.browser);
  await context.addInitScript(() => {
    const Whole = Worker;
    globalThis.plannersFail = true;
    globalThis.Worker = class extends Whole {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        if (!globalThis.plannersFail || options?.name !== 'planner') return;
        this.postMessage = () =>
          this.dispatchEvent(new ErrorEvent('error', { message: 'Array buffer allocation failed' }));
      }
    };
  });
  opened = await openIn(context, site.url);
  await choose(opened.page, profileFile(fashionProfile()));
  await opened.page.locator('#plan [role=alert]', { hasText: 'Array buffer allocation failed' }).waitFor();
  await opened.page.evaluate(() => {
    globalThis.plannersFail = false;
  });
  await button('Try again').click();
  await planned(opened.page);
  expect(opened.complaints).toEqual([]);
  await context.close();
});
