import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright';
import { expect } from 'vitest';
import type { Profile } from '../../solver/documents/profile.ts';
import { exportProfile } from '../../workers/store/exchange.ts';
import { CELLS } from './fixtures.ts';

/** The profiling page in a browser of its own, with everything that it complains of. */
export interface OpenedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the console says: broken rules of the content security policy too. */
  readonly complaints: readonly string[];
}

/** What a page will complain of: broken rules of the content security policy too. */
export function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return complaints;
}

/** A new context. Unless a test allows it, there is no service worker: for each context it would fetch tens of MB anew. */
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

export interface TextFile {
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

/** The text of the file that a press on a button saves. */
export async function saved(page: Page, button: string | RegExp): Promise<string> {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ]);
  return readFile(await file.path(), 'utf8');
}

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

/** Starts a profile in a page with the test engine, which then waits after so many cells. */
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

/** Makes the page measure on a pack of the user's own: a pipeline of its own, made of the one that is shipped. */
export async function takePack(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  await page.getByLabel('Use another pack').setInputFiles({ name, mimeType: '', buffer: Buffer.from(bytes) });
  await page.locator('.taking', { hasText: `images of ${name} from now on` }).waitFor();
}

/** With this budget a profile is still being measured when the test stops it, however fast the machine is. */
export const LONG_S = 20;

/** The least budget that the page takes. */
export const LEAST_S = 1;

export async function setBudget(page: Page, budgetS: number): Promise<void> {
  const budget = page.getByLabel('Budget (s)');
  await budget.fill(String(budgetS));
  await budget.blur();
  // The page leaves a budget as it was where it refuses another one.
  expect(await budget.inputValue()).toBe(String(budgetS));
}

/** Sets up a profile on wasm alone, with batches 1 and 2: 2 cells a variant. By default it measures no longer than it must. */
export async function setUpOnWasm(page: Page, budgetS = LEAST_S): Promise<void> {
  await page.getByRole('checkbox', { name: 'webgpu' }).first().uncheck();
  for (const batch of ['4', '8', '16'])
    await page.getByRole('checkbox', { name: batch, exact: true }).uncheck();
  await setBudget(page, budgetS);
}

/** Waits until the page has drawn so many frames, so that a change which is about to show has shown. */
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
