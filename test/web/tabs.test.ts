import type { Page } from 'playwright';
import sharp from 'sharp';
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
  openProfile,
  planned,
  profileFile,
  saved,
} from './opened-page.ts';
import { fashionReport } from './report-fixtures.ts';
import { servedPage, servePageWithTestEngine } from './serve.ts';

/** Opens the page in several tabs of one browser. */

const site = servedPage(servePageWithTestEngine);
let first: OpenedPage;
let second: OpenedPage;

const button = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: typeof name === 'string' });
const otherTab = (page: Page) => page.getByRole('region', { name: 'Another tab' });

describe('of two tabs', () => {
  beforeEach(async () => {
    first = await openPage(site.browser, site.url);
    second = await openIn(first.context, site.url);
  });
  afterEach(async () => {
    await first.context.close();
    expect([...first.complaints, ...second.complaints]).toEqual([]);
  });

  describe('while one tab measures', () => {
    it('the others show how it gets on and cannot start, one opened later too, until it has finished', async () => {
      await measureUntil(first.page, 30);
      await otherTab(second.page).getByText('Another tab measures fashion').waitFor();
      await otherTab(second.page).getByText(`30 of ${CELLS} cells`).waitFor();
      await second.page.locator('#plan .empty').getByText('Best so far').waitFor();
      expect(await button(second.page, 'Start').isDisabled()).toBe(true);
      const third = await openIn(first.context, site.url);
      await otherTab(third.page).getByText(`30 of ${CELLS} cells`).waitFor();
      // A profile that another tab is measuring was not stopped, so this tab does not offer to resume it.
      expect(await third.page.getByText('The profile was stopped').count()).toBe(0);
      expect(await button(third.page, /Resume/).count()).toBe(0);
      await third.page.close();

      await holdAfter(first.page, undefined);
      await planned(first.page);
      await otherTab(second.page).waitFor({ state: 'detached' });
      await expect.poll(() => second.page.locator('.saved li').count()).toBe(1);
      expect(await button(second.page, 'Start').isEnabled()).toBe(true);
      expect(await button(second.page, /Resume/).count()).toBe(0);
    });

    it('the others answer no request of their own', async () => {
      const ask = second.page.getByRole('form', { name: 'Your own input' });
      const picture = sharp({ create: { width: 8, height: 8, channels: 3, background: '#d02010' } });
      const file = { name: 'red.png', mimeType: 'image/png', buffer: await picture.png().toBuffer() };
      await ask.getByLabel('Choose a picture').setInputFiles(file);
      await expect.poll(() => button(second.page, 'Run your input').isEnabled()).toBe(true);
      await measureUntil(first.page, 30);
      await ask.getByText('Another tab measures fashion. Wait until it has finished').waitFor();
      expect(await button(second.page, 'Run your input').isDisabled()).toBe(true);
    });

    it('another can stop it, and goes on where it was, also if it is stopped before it got there again', async () => {
      await measureUntil(first.page, 30);
      await button(second.page, 'Stop it').click();
      await button(first.page, `Resume 30/${CELLS}`).waitFor();
      await holdAfter(second.page, 10);
      await button(second.page, `Resume 30/${CELLS}`).click();
      await second.page.locator('.progress').getByText(`10 of ${CELLS} cells`).waitFor();
      await button(second.page, 'Cancel').click();
      await holdAfter(second.page, undefined);
      await button(second.page, `Resume 30/${CELLS}`).click();
      await planned(second.page);
      await expect.poll(() => first.page.locator('.saved li').count()).toBe(1);
      expect(await button(first.page, /Resume/).count()).toBe(0);
    });

    it('and crashes, the next one can go on where it was', async () => {
      await measureUntil(first.page, 30);
      await otherTab(second.page).getByText(`30 of ${CELLS} cells`).waitFor();
      const session = await first.context.newCDPSession(first.page);
      const crash = first.page.waitForEvent('crash');
      void session.send('Page.crash').catch(() => {});
      await crash;
      await button(second.page, `Resume 30/${CELLS}`).click();
      await planned(second.page);
      expect(await second.page.locator('.saved li').count()).toBe(1);
    });

    it('a tab that does not know of it yet refuses to start', async () => {
      await first.page.evaluate(() => {
        void navigator.locks.request('ipa-edge/measuring', () => new Promise(() => {}));
      });
      await button(second.page, 'Start').click();
      await second.page.getByRole('alert').getByText('Another tab of this page measures').waitFor();
      expect(await button(second.page, 'Start').isEnabled()).toBe(true);
    });
  });

  it('profiles that one tab saves or deletes are listed or not by the others, which can save everything', async () => {
    const listed = (on: Page) => expect.poll(() => on.locator('.saved li').count());
    await choose(first.page, profileFile(fashionProfile(1)));
    await choose(first.page, profileFile(fashionProfile(2)));
    await listed(second.page).toBe(2);
    await first.page
      .getByRole('button', { name: /^Delete the profile/ })
      .first()
      .click();
    await first.page.getByRole('button', { name: /for good$/ }).click();
    await listed(second.page).toBe(1);
    expect(JSON.parse(await saved(second.page, /^Save everything/)).profiles).toHaveLength(1);
  });

  it('while one tab runs a plan, the others say so and wait', async () => {
    await openProfile(first.page);
    await first.page.evaluate(() => {
      globalThis.holdModels = true;
    });
    await button(first.page, 'Run the plan').click();
    await otherTab(second.page).getByText('Another tab runs a plan of fashion').waitFor();
    expect(await button(second.page, 'Start').isDisabled()).toBe(true);
    await first.page.evaluate(() => {
      globalThis.holdModels = false;
    });
    await otherTab(second.page).waitFor({ state: 'detached' });
    expect(await button(second.page, 'Start').isEnabled()).toBe(true);
  });

  it('a run that cannot start because another tab works leaves the last run shown', async () => {
    await openProfile(second.page);
    const run = JSON.stringify(fashionReport().runs[0]);
    await choose(second.page, { name: 'run.json', text: run });
    await second.page.locator('.outcome').waitFor();
    await first.page.evaluate(() => {
      void navigator.locks.request('ipa-edge/measuring', () => new Promise(() => {}));
    });
    await button(second.page, 'Run the plan').click();
    await second.page.locator('#try').getByText('Another tab of this page measures').waitFor();
    await second.page.locator('.outcome').waitFor();
    expect(JSON.parse(await saved(second.page, /^Save everything/)).run).toEqual(JSON.parse(run));
  });

  it('while one tab adds a pipeline, the others say so and wait, and can stop it', async () => {
    const address = new URL('mine/manifest.json', site.url).href;
    await first.page.route(address, () => {});
    await first.page.getByText('Your own models').click();
    await first.page.getByLabel('Address of a manifest').fill(address);
    await button(first.page, 'Open').press('Enter');
    await otherTab(second.page).getByText('Another tab adds models').waitFor();
    expect(await button(second.page, 'Start').isDisabled()).toBe(true);
    const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent);
    // The buttons that were pressed are disabled or gone by then.
    await expect.poll(() => focused(first.page)).toBe('Cancel');
    await button(second.page, 'Stop it').press('Enter');
    await otherTab(second.page).waitFor({ state: 'detached' });
    expect(await button(second.page, 'Start').isEnabled()).toBe(true);
    await expect.poll(() => focused(second.page)).toBe('Start');
    await expect.poll(() => focused(first.page)).toMatch(/^Your own models/);
  });
});

it('in one tab, no profile is started while a plan runs, and no plan is run while a profile is measured, which is said', async () => {
  const { page, context, complaints } = await openPage(site.browser, site.url);
  await openProfile(page);
  await page.evaluate(() => {
    globalThis.holdModels = true;
  });
  await button(page, 'Run the plan').click();
  await button(page, 'Stop').waitFor();
  // The workers start, so there is no answer to show yet.
  expect(await page.getByText('Latest requests and answers').count()).toBe(0);
  expect(await button(page, 'Start').isDisabled()).toBe(true);
  expect(await page.locator('.run > .buttons').textContent()).toContain(
    'Wait until the run of the plan has ended',
  );
  await button(page, 'Stop').click();
  await page.evaluate(() => {
    globalThis.holdModels = false;
  });
  await measureUntil(page, 30);
  await page.getByRole('form', { name: 'The load' }).getByText('Wait until measuring has ended').waitFor();
  expect(await button(page, 'Run the plan').isDisabled()).toBe(true);
  expect(complaints).toEqual([]);
  await context.close();
});

it('a browser without locks, which keeps no settings either, says what that means, and measures', async () => {
  const context = await newContext(site.browser);
  await context.addInitScript(() => {
    Reflect.deleteProperty(Navigator.prototype, 'locks');
    Object.defineProperty(globalThis, 'localStorage', {
      get: () => {
        throw new DOMException('no', 'SecurityError');
      },
    });
  });
  const { page, complaints } = await openIn(context, site.url);
  for (const lacks of ['One tab measures', 'Settings stay'])
    expect(await page.locator('.check', { hasText: lacks }).textContent()).toContain('no');
  await button(page, 'Start').click();
  await planned(page);
  expect(complaints).toEqual([]);
  await context.close();
});
