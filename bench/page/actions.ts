import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright';
import { shippedFile } from '../../workers/command/root.ts';
import { servePage } from '../runner/host.ts';
import { launchBrowser } from '../setup/browser.js';
import { OUT } from './pictures.ts';

/** Serves the page and starts a browser for `work`, and ends both after it. @param work gets the page's address */
export async function withBrowser(work: (browser: Browser, url: string) => Promise<void>): Promise<void> {
  const host = await servePage(0);
  const browser = await launchBrowser();
  try {
    await work(browser, host.url);
  } finally {
    await browser.close();
    await host.close();
  }
}

/** Seconds for measuring the speed of a pipeline's models. */
const BUDGET_S = '20';

export const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first();
export const numberField = (page: Page, name: string) => page.getByRole('spinbutton', { name, exact: true });
/** Waits until the page shows a plan for its settings, and has confirmed it. */
export const planned = (page: Page) => page.locator('.answer[aria-busy=false]:not(.stale)').waitFor();

export async function fill(page: Page, values: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(values)) await numberField(page, name).fill(value);
  await planned(page);
}

/** Presses a button that saves a file. @returns path of the file */
export async function downloaded(page: Page, save: Locator): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent('download'), save.click()]);
  return file.path();
}

export async function setBudget(page: Page, seconds: string): Promise<void> {
  await numberField(page, 'Budget (s)').fill(seconds);
  await numberField(page, 'Budget (s)').blur();
}

export async function choose(page: Page, pipeline: string): Promise<void> {
  const manifest = await readFile(shippedFile(pipeline, 'manifest.json'), 'utf8');
  await page.getByRole('combobox', { name: 'Pipeline', exact: true }).selectOption(pipeline);
  await page.locator('.pipeline-title', { hasText: JSON.parse(manifest).title }).waitFor();
}

/** Opens a profile of a pipeline: the one that is kept in {@link OUT}; if there is none, it measures one and keeps it. */
export async function open(page: Page, pipeline: string): Promise<void> {
  const kept = join(OUT, `${pipeline}.json`);
  await choose(page, pipeline);
  if (existsSync(kept)) {
    await page.getByLabel('Import profile').setInputFiles(kept);
  } else {
    await page.getByRole('checkbox', { name: '16', exact: true }).uncheck();
    await setBudget(page, BUDGET_S);
    await button(page, 'Start').click();
    await page.locator('.done').getByRole('button', { name: 'Close' }).click();
    await mkdir(OUT, { recursive: true });
    await copyFile(await downloaded(page, button(page, 'Save profile JSON')), kept);
  }
  await page.locator('.opened', { hasText: pipeline }).waitFor();
  await planned(page);
}

export async function stop(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('button', { name: 'Run the plan' }).waitFor();
}
