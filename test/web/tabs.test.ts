import type { Page } from 'playwright';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { CELLS, fashionProfile } from './fixtures.ts';
import {
  choose,
  holdAfter,
  measureUntil,
  newContext,
  openIn,
  openProfile,
  planned,
  profileFile,
  saved,
} from './opened-page.ts';
import { fashionReport } from './report-fixtures.ts';
import { servePageWithTestEngine } from './serve.ts';
import { deleteProfiles, sharedPage } from './shared-page.ts';

/** Opens the page in several tabs of one browser. */

let second: Page;
const tabs = sharedPage(async (first) => {
  second = (await openIn(first.context(), first.url())).page;
}, servePageWithTestEngine);

/** Puts both tabs back to where nothing is measured or saved. */
beforeEach(async () => {
  for (const page of [tabs.page, second]) {
    await holdAfter(page, undefined);
    await page.evaluate(() => {
      globalThis.holdModels = false;
    });
  }
  await deleteProfiles(tabs.page);
});

const button = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: typeof name === 'string' });
const otherTab = (page: Page) => page.getByRole('region', { name: 'Another tab' });

/** Ends what the first tab measures, and deletes what it has measured. */
async function cancelMeasuring(): Promise<void> {
  await button(tabs.page, 'Cancel').click();
  await button(tabs.page, 'Delete what was measured').click();
  await button(tabs.page, 'Delete what was measured for good').click();
}

/** Holds the lock of a tab that works. @returns a function that frees the lock */
async function holdLock(page: Page): Promise<() => Promise<void>> {
  const free = await page.evaluateHandle(
    () =>
      new Promise<() => void>((held) => {
        void navigator.locks.request('ipa-edge/measuring', () => new Promise<void>(held));
      }),
  );
  return () => free.evaluate((end) => end());
}

describe('of two tabs', () => {
  describe('while one tab measures', () => {
    it('the others show how it gets on and cannot start, one opened later too, until it has finished', async () => {
      await measureUntil(tabs.page, 30);
      await otherTab(second).getByText('Another tab measures fashion').waitFor();
      await otherTab(second).getByText(`30 of ${CELLS} cells`).waitFor();
      await second.locator('#plan .empty').getByText('Best so far').waitFor();
      expect(await button(second, 'Start').isDisabled()).toBe(true);
      const third = await openIn(tabs.context, tabs.site.url);
      await otherTab(third.page).getByText(`30 of ${CELLS} cells`).waitFor();
      // A profile that another tab is measuring was not stopped, so this tab does not offer to resume it.
      expect(await third.page.getByText('The profile was stopped').count()).toBe(0);
      expect(await button(third.page, /Resume/).count()).toBe(0);
      await third.page.close();

      await holdAfter(tabs.page, undefined);
      await planned(tabs.page);
      await otherTab(second).waitFor({ state: 'detached' });
      await expect.poll(() => second.locator('.saved li').count()).toBe(1);
      expect(await button(second, 'Start').isEnabled()).toBe(true);
      expect(await button(second, /Resume/).count()).toBe(0);
    });

    it('it runs no plan, and the others answer no request of their own', async () => {
      await openProfile(tabs.page);
      const ask = second.getByRole('form', { name: 'Your own input' });
      const picture = sharp({ create: { width: 8, height: 8, channels: 3, background: '#d02010' } });
      const file = { name: 'red.png', mimeType: 'image/png', buffer: await picture.png().toBuffer() };
      await ask.getByLabel('Choose a picture').setInputFiles(file);
      await expect.poll(() => button(second, 'Run your input').isEnabled()).toBe(true);
      await measureUntil(tabs.page, 30);
      await ask.getByText('Another tab measures fashion. Wait until it has finished').waitFor();
      expect(await button(second, 'Run your input').isDisabled()).toBe(true);
      const load = tabs.page.getByRole('form', { name: 'The load' });
      await load.getByText('Wait until measuring has ended').waitFor();
      expect(await button(tabs.page, 'Run the plan').isDisabled()).toBe(true);
      await cancelMeasuring();
      await expect.poll(() => button(second, 'Run your input').isEnabled()).toBe(true);
    });

    it('another can stop it, and goes on where it was, also if it is stopped before it got there again', async () => {
      await measureUntil(tabs.page, 30);
      await button(second, 'Stop it').click();
      await button(tabs.page, `Resume 30/${CELLS}`).waitFor();
      await holdAfter(second, 10);
      await button(second, `Resume 30/${CELLS}`).click();
      await second.locator('.progress').getByText(`10 of ${CELLS} cells`).waitFor();
      await button(second, 'Cancel').click();
      await holdAfter(second, undefined);
      await button(second, `Resume 30/${CELLS}`).click();
      await expect.poll(() => tabs.page.locator('.saved li').count()).toBe(1);
      expect(await button(tabs.page, /Resume/).count()).toBe(0);
    });

    it('and crashes, the next one can go on where it was', async () => {
      const third = await openIn(tabs.context, tabs.site.url);
      await measureUntil(third.page, 30);
      await otherTab(second).getByText(`30 of ${CELLS} cells`).waitFor();
      const session = await tabs.context.newCDPSession(third.page);
      const crash = third.page.waitForEvent('crash');
      void session.send('Page.crash').catch(() => {});
      await crash;
      await button(second, `Resume 30/${CELLS}`).click();
      await expect.poll(() => second.locator('.saved li').count()).toBe(1);
      await third.page.close();
    });

    it('a tab that does not know of it yet refuses to start', async () => {
      const free = await holdLock(tabs.page);
      await button(second, 'Start').click();
      await second.getByRole('alert').getByText('Another tab of this page measures').waitFor();
      expect(await button(second, 'Start').isEnabled()).toBe(true);
      await free();
    });
  });

  it('profiles that one tab saves or deletes are listed or not by the others, which can save everything', async () => {
    const listed = (on: Page) => expect.poll(() => on.locator('.saved li').count());
    await choose(tabs.page, profileFile(fashionProfile(1)));
    await choose(tabs.page, profileFile(fashionProfile(2)));
    await listed(second).toBe(2);
    await tabs.page
      .getByRole('button', { name: /^Delete the profile/ })
      .first()
      .click();
    await tabs.page.getByRole('button', { name: /for good$/ }).click();
    await listed(second).toBe(1);
    expect(JSON.parse(await saved(second, /^Save everything/)).profiles).toHaveLength(1);
  });

  it('while one tab runs a plan, it starts no profile, and the others say so and wait', async () => {
    await openProfile(tabs.page);
    await tabs.page.evaluate(() => {
      globalThis.holdModels = true;
    });
    await button(tabs.page, 'Run the plan').click();
    await button(tabs.page, 'Stop').waitFor();
    // The workers start, so there is no answer to show yet.
    expect(await tabs.page.getByText('Latest requests and answers').count()).toBe(0);
    expect(await button(tabs.page, 'Start').isDisabled()).toBe(true);
    expect(await tabs.page.locator('.run > .buttons').textContent()).toContain(
      'Wait until the run of the plan has ended',
    );
    await otherTab(second).getByText('Another tab runs a plan of fashion').waitFor();
    expect(await button(second, 'Start').isDisabled()).toBe(true);
    await tabs.page.evaluate(() => {
      globalThis.holdModels = false;
    });
    await otherTab(second).waitFor({ state: 'detached' });
    expect(await button(second, 'Start').isEnabled()).toBe(true);
  });

  it('a run that cannot start because another tab works leaves the last run shown', async () => {
    await openProfile(second);
    const run = JSON.stringify(fashionReport().runs[0]);
    await choose(second, { name: 'run.json', text: run });
    await second.locator('.outcome').waitFor();
    const free = await holdLock(tabs.page);
    await button(second, 'Run the plan').click();
    await second.locator('#try').getByText('Another tab of this page measures').waitFor();
    await second.locator('.outcome').waitFor();
    expect(JSON.parse(await saved(second, /^Save everything/)).run).toEqual(JSON.parse(run));
    await free();
  });

  it('while one tab adds a pipeline, the others say so and wait, and can stop it', async () => {
    const address = new URL('mine/manifest.json', tabs.site.url).href;
    await tabs.page.route(address, () => {});
    await tabs.page.getByText('Your own models').click();
    await tabs.page.getByLabel('Address of a manifest').fill(address);
    await button(tabs.page, 'Open').press('Enter');
    await otherTab(second).getByText('Another tab adds models').waitFor();
    expect(await button(second, 'Start').isDisabled()).toBe(true);
    const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent);
    // The buttons that were pressed are disabled or gone by then.
    await expect.poll(() => focused(tabs.page)).toBe('Cancel');
    await button(second, 'Stop it').press('Enter');
    await otherTab(second).waitFor({ state: 'detached' });
    expect(await button(second, 'Start').isEnabled()).toBe(true);
    await expect.poll(() => focused(second)).toBe('Start');
    await expect.poll(() => focused(tabs.page)).toMatch(/^Your own models/);
  });
});

it('a browser without locks, which keeps no settings either, says what that means, and measures', async () => {
  const context = await newContext(tabs.site.browser);
  await context.addInitScript(() => {
    Reflect.deleteProperty(Navigator.prototype, 'locks');
    Object.defineProperty(globalThis, 'localStorage', {
      get: () => {
        throw new DOMException('no', 'SecurityError');
      },
    });
  });
  const { page, complaints } = await openIn(context, tabs.site.url);
  for (const lacks of ['One tab measures', 'Settings stay'])
    expect(await page.locator('.check', { hasText: lacks }).textContent()).toContain('no');
  await button(page, 'Start').click();
  await planned(page);
  expect(complaints).toEqual([]);
  await context.close();
});
