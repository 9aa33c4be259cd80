import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright';
import { expect } from 'vitest';
import { type Profile, parseProfile } from '../../solver/documents/profile.ts';
import { exportProfile } from '../../workers/store/exchange.ts';
import { CELLS, fashionProfile } from './fixtures.ts';

/** The profiling page in a browser context, with the page's errors. */
export interface OpenedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Uncaught errors and errors in the console, such as violations of the content security policy. */
  readonly complaints: readonly string[];
}

/** Collects a page's uncaught errors and errors in the console, such as violations of the content security policy. */
export function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return complaints;
}

/** Makes a browser context. By default it blocks the service worker, which would fetch tens of MB for each context. */
export const newContext = (browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> =>
  browser.newContext({ serviceWorkers: 'block', ...options });

export const openPage = async (
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> => openIn(await newContext(browser, options), url);

export async function openIn(context: BrowserContext, url: string): Promise<OpenedPage> {
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  await page.goto(url);
  await page.getByRole('button', { name: 'Start', exact: true }).waitFor();
  // The sections after the first appear together with what this browser has saved.
  await page.locator('#share').waitFor();
  return { page, context, complaints };
}

interface TextFile {
  readonly name: string;
  readonly text: string;
}

export const profileFile = (profile: Profile, name = 'mine.json'): TextFile => ({
  name,
  text: exportProfile(profile),
});

/** Chooses a file in the page's import. */
export const choose = (page: Page, { name, text }: TextFile): Promise<void> =>
  page
    .getByLabel('Import profile')
    .setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) });

export interface AnyFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Drops files on an element, as a file manager does. */
export async function dropOn(page: Page, selector: string, files: readonly AnyFile[]): Promise<void> {
  const given = files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString('base64') }));
  const data = await page.evaluateHandle(async (all) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of all) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], name));
    }
    return transfer;
  }, given);
  for (const type of ['dragenter', 'dragover', 'drop'])
    await page.dispatchEvent(selector, type, { dataTransfer: data });
}

/** Drops documents on the middle of the page. */
export const drop = (page: Page, files: readonly TextFile[]): Promise<void> =>
  dropOn(
    page,
    'main',
    files.map(({ name, text }) => ({ name, bytes: new TextEncoder().encode(text) })),
  );

/** Drops an invented profile for each seed on the page, which opens the last one. */
export const dropProfiles = (page: Page, ...seeds: number[]): Promise<void> =>
  drop(
    page,
    seeds.map((seed) => profileFile(fashionProfile(seed), `${seed}.json`)),
  );

/** Opens a profile, by default an invented one, and waits for its plan. */
export async function openProfile(page: Page, profile = fashionProfile()): Promise<void> {
  await choose(page, profileFile(profile));
  await planned(page);
}

/** Clicks a button, and returns the text of the file that the page then saves. */
export async function saved(page: Page, button: string | RegExp): Promise<string> {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ]);
  return readFile(await file.path(), 'utf8');
}

export const savedProfile = async (page: Page): Promise<Profile> =>
  parseProfile(JSON.parse(await saved(page, 'Save profile JSON')), 'the saved profile');

/** Unfolds the rare settings of a form. */
export const unfoldAdvanced = (form: Locator): Promise<void> =>
  form.getByText('Advanced', { exact: true }).click();

/** The section that the page's address names. */
export const section = (page: Page): string => new URL(page.url()).hash;

/** Makes the profiler of a page with the test engine wait after this many cells, or go on if `cells` is undefined. */
export const holdAfter = (page: Page, cells: number | undefined): Promise<void> =>
  page.evaluate((most) => {
    globalThis.holdAfterCells = most;
  }, cells);

/** Starts a profile in a page with the test engine, which then waits after `cells` cells. */
export async function measureUntil(page: Page, cells: number): Promise<void> {
  await holdAfter(page, cells);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page.locator('.progress').getByText(`${cells} of ${CELLS} cells`).waitFor();
}

/** Resolves when the opened profile is planned. */
export const planned = (page: Page): Promise<void> =>
  page.locator('.answer[aria-busy=false]:not(.stale)').waitFor();

/** The chart of the frontier. */
export const frontier = (page: Page): Locator =>
  page.getByRole('application', { name: /^Accuracy for cost/ });

/** Gives the page a pack of the user's own; the page makes a new pipeline of the shipped models and this pack. */
export async function takePack(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  await page.getByLabel('Use another pack').setInputFiles({ name, mimeType: '', buffer: Buffer.from(bytes) });
  await page.locator('.taking', { hasText: `pictures of ${name} from now on` }).waitFor();
}

/** A budget in s so long that, even on a busy machine, a test can stop a profile before it ends. */
export const LONG_S = 200;

/** The least budget in s that the page takes. */
export const BUDGET_S_MIN = 1;

export async function setBudget(page: Page, budgetS: number): Promise<void> {
  const budget = page.getByLabel('Budget (s)', { exact: true });
  await budget.fill(String(budgetS));
  await budget.blur();
  // If the page refuses a budget, the field takes its last value again.
  expect(await budget.inputValue()).toBe(String(budgetS));
}

/** Sets up a profile on wasm alone, with batches 1 and 2: 2 cells a variant. By default the budget is the least, to save time. */
export async function setUpOnWasm(page: Page, budgetS = BUDGET_S_MIN): Promise<void> {
  await page.getByRole('checkbox', { name: 'webgpu' }).first().uncheck();
  for (const batch of ['4', '8', '16'])
    await page.getByRole('checkbox', { name: batch, exact: true }).uncheck();
  await setBudget(page, budgetS);
}

/** Waits until the page has drawn `count` frames, so that it shows any change that is due. */
export const frames = (page: Page, count: number): Promise<void> =>
  page.evaluate(
    (most) =>
      new Promise((resolve) => {
        let drawn = 0;
        const draw = () => (++drawn === most ? resolve() : requestAnimationFrame(draw));
        requestAnimationFrame(draw);
      }),
    count,
  );
