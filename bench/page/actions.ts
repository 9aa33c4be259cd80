import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { ROOT } from '../../workers/command/root.ts';
import { OUT } from './pictures.ts';

/** Actions of a user on the page, for taking pictures of it. */

/** Seconds for measuring the speed of a pipeline's models. */
const BUDGET_S = '20';

export const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first();
export const typed = (page: Page, name: string) => page.getByRole('spinbutton', { name, exact: true });
export const planned = (page: Page) => page.locator('.answer[aria-busy=false]:not(.stale)').waitFor();

export async function fill(page: Page, questions: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(questions)) await typed(page, name).fill(value);
  await planned(page);
}

export async function setBudget(page: Page, seconds: string): Promise<void> {
  await typed(page, 'Budget (s)').fill(seconds);
  await typed(page, 'Budget (s)').blur();
}

export async function choose(page: Page, pipeline: string): Promise<void> {
  const manifest = await readFile(join(ROOT, `models/${pipeline}/manifest.json`), 'utf8');
  await page.getByRole('combobox', { name: 'Pipeline', exact: true }).selectOption(pipeline);
  await page.locator('.pipeline-title', { hasText: JSON.parse(manifest).title }).waitFor();
}

/** Opens a profile of a pipeline: the one that an earlier part of the pictures measured and kept, otherwise a new one. */
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
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      button(page, 'Save profile JSON').click(),
    ]);
    await mkdir(OUT, { recursive: true });
    await copyFile(await file.path(), kept);
  }
  await page.locator('.opened', { hasText: pipeline }).waitFor();
  await planned(page);
}

export async function stop(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('button', { name: 'Run the plan' }).waitFor();
}
