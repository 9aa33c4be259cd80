import type { Page } from 'playwright';
import { expect, onTestFinished, test } from 'vitest';
import { serveFewScenes } from './few-scenes.ts';
import {
  BUDGET_S_MIN,
  LONG_S,
  newContext,
  openIn,
  openPage,
  planned,
  savedProfile,
  setBudget,
} from './opened-page.ts';
import { openWholeBrowser, servedPage } from './serve.ts';

/** Uses the shipped page in browsers that cannot give it WebGPU. */

/** The only flag that Chromium needs: as root it does not start with its sandbox. */
const PLAIN = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

const site = servedPage(serveFewScenes);

test('without an adapter the page measures, resumes and plans on wasm', async ({ skip }) => {
  const browser = await openWholeBrowser(PLAIN);
  onTestFinished(() => browser.close());
  const { page, complaints } = await openPage(browser, site.url);
  skip(await hasAdapter(page), 'a plain Chromium gives WebGPU on this machine');
  await measureOnWasm(page, 'this browser finds no GPU that it can use');
  expect(complaints).toEqual([]);
});

test('without navigator.gpu the page measures on wasm', async () => {
  const browser = await openWholeBrowser([...PLAIN, '--disable-gpu']);
  onTestFinished(() => browser.close());
  const context = await newContext(browser);
  await context.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'gpu'));
  const { page, complaints } = await openIn(context, site.url);
  await startOnWasm(page, 'this browser has no WebGPU');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: /^Resume/ }).waitFor();
  expect(complaints).toEqual([]);
});

test('a GPU that is gone since the page was opened is left out, and the message says so', async () => {
  const { page } = await openPage(site.browser, site.url);
  const webgpu = page.getByRole('group', { name: 'Backends' }).getByLabel('webgpu');
  expect(await webgpu.isChecked()).toBe(true);
  await page.evaluate(() => {
    GPU.prototype.requestAdapter = async () => null;
  });
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  const problem = page.locator('.page-problem [role=alert]');
  await problem.waitFor();
  expect(await problem.textContent()).toMatch(/webgpu is not available.*Press Start to measure the others/);
  expect(await webgpu.isChecked()).toBe(false);
  expect(await webgpu.isDisabled()).toBe(true);
});

const hasAdapter = (page: Page): Promise<boolean> =>
  page.evaluate(async () => Boolean(await navigator.gpu?.requestAdapter()));

/** Starts a profile, and waits until a cell is measured. @param why the page leaves webgpu out */
async function startOnWasm(page: Page, why: string): Promise<void> {
  const backend = (name: string) => page.getByRole('group', { name: 'Backends' }).getByLabel(name);
  await page.getByText(`webgpu is left out: ${why}.`).waitFor();
  expect(await backend('webgpu').isDisabled()).toBe(true);
  expect(await backend('webgpu').isChecked()).toBe(false);
  expect(await backend('wasm').isChecked()).toBe(true);
  for (const batch of ['4', '8', '16'])
    await page.getByRole('checkbox', { name: batch, exact: true }).uncheck();
  await setBudget(page, LONG_S);
  // Four variants on one backend at two batch sizes.
  expect(await page.locator('.estimate').textContent()).toContain('at most 8 cells');

  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page.locator('td.cell.measured').first().waitFor();
}

async function measureOnWasm(page: Page, why: string): Promise<void> {
  const button = (name: string | RegExp) =>
    page.getByRole('button', { name, exact: typeof name === 'string' });
  await startOnWasm(page, why);
  await button('Cancel').click();
  await button(/^Resume \d+\/8$/).click();
  await page.locator('td.cell.measured').first().waitFor();
  await button('Cancel').click();
  await setBudget(page, BUDGET_S_MIN);
  await button('Start').click();
  await planned(page);
  expect(await page.locator('.page-problem').count()).toBe(0);

  const profile = await savedProfile(page);
  expect(profile.device.adapter).toBeNull();
  expect(new Set(profile.cells.map((cell) => cell.backend))).toEqual(new Set(['wasm']));
  expect(await page.getByText('software GPU').count()).toBe(0);
  // One backend was measured, so the plan form offers no choice of backends.
  expect(await page.getByRole('form', { name: 'Plan settings' }).getByRole('checkbox').count()).toBe(0);

  // Keeps a profile as one that was interrupted while the browser still had WebGPU.
  const settings = { backends: ['webgpu'], threads: [1], batches: [1], budgetS: 5, seed: 1 };
  const interrupted = {
    journal: 'fashion-0',
    pipeline: 'fashion',
    measured: '0'.repeat(64),
    settings,
    done: 3,
    total: 9,
  };
  await page.evaluate(
    (text) => localStorage.setItem('ipa-edge/interrupted', text),
    JSON.stringify([interrupted]),
  );
  await page.reload();
  await page.getByText(`An interrupted profile of fashion needs webgpu, and ${why}.`).waitFor();
  expect(await button(/Resume/).count()).toBe(0);
  await expect.poll(() => button('Start').isEnabled()).toBe(true);
}
