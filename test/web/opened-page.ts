import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright';
import type { Profile } from '../../solver/documents/profile.ts';
import { exportProfile } from '../../workers/store/exchange.ts';

/** The profiling page in a browser of its own, with everything that it complains of. */
export interface OpenedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the console says: broken rules of the content security policy too. */
  readonly complaints: readonly string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(url);
  await page.getByRole('button', { name: 'Start', exact: true }).waitFor();
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

/** Drops files on the middle of the page, as a file manager does. */
export async function drop(page: Page, files: readonly TextFile[]): Promise<void> {
  const data = await page.evaluateHandle((given) => {
    const transfer = new DataTransfer();
    for (const { name, text } of given)
      transfer.items.add(new File([text], name, { type: 'application/json' }));
    return transfer;
  }, files);
  for (const type of ['dragenter', 'dragover', 'drop'])
    await page.dispatchEvent('main', type, { dataTransfer: data });
}

/** The text of the file that a press on a button saves. */
export async function saved(page: Page, button: string | RegExp): Promise<string> {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ]);
  return readFile(await file.path(), 'utf8');
}

/** Resolves when the opened profile is planned. */
export const planned = (page: Page): Promise<void> =>
  page.locator('.answer[aria-busy=false]:not(.stale)').waitFor();
