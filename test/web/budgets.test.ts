import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { BrowserContext, Page, Response } from 'playwright';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../../workers/command/root.ts';
import { openProfile, planned } from './opened-page.ts';
import { servedPage } from './serve.ts';

/** What the page as it ships loads before it measures, and what it can do without ONNX Runtime and models. */

const SHELL_BYTES = 250_000;
/** The most that all style sheets together may have, so that a new rule must replace others. */
const CSS = { lines: 1800, bytes: 32_000 };
/** Matches the addresses of ONNX Runtime's files, of models, and of packs and other files beside models. */
const RUNTIME = /\/assets\/ort|\.onnx$|\/models\/.*\.(?!json)\w+$/;

const site = servedPage();
let context: BrowserContext;
let page: Page;

beforeEach(async () => {
  // The service worker would fetch everything once the page is open, runtime and models too.
  context = await site.browser.newContext({ serviceWorkers: 'block' });
  page = await context.newPage();
});
afterEach(() => context.close());

const start = () => page.getByRole('button', { name: 'Start', exact: true });

describe('the shell', () => {
  it(`has at most ${SHELL_BYTES / 1000} kB, gzipped, with neither runtime nor models in it`, async () => {
    const loaded = new Map<string, Response>();
    const listen = (response: Response) => loaded.set(new URL(response.url()).pathname, response);
    page.on('response', listen);
    await page.goto(site.url, { waitUntil: 'networkidle' });
    await expect.poll(() => start().isEnabled()).toBe(true);
    page.off('response', listen);
    const paths = [...loaded.keys()];
    expect(paths.filter((path) => RUNTIME.test(path))).toEqual([]);
    for (const wanted of [/^\/$/, /\/assets\/index-.*\.js$/, /\/assets\/index-.*\.css$/, /manifest\.json$/])
      expect(paths.some((path) => wanted.test(path))).toBe(true);
    let bytes = 0;
    for (const response of loaded.values()) bytes += gzipSync(await response.body()).length;
    expect(bytes).toBeLessThanOrEqual(SHELL_BYTES);
  });

  it('is interactive, plans, and can be started and cancelled while the runtime and the models do not come', async () => {
    const held: string[] = [];
    // A route of the context, unlike one of the page, also gets the requests of workers.
    await context.route(RUNTIME, (route) => {
      held.push(route.request().url());
    });
    await page.goto(site.url);
    await expect.poll(() => start().isEnabled()).toBe(true);
    await page.getByLabel('Budget (s)', { exact: true }).fill('33');
    await page.getByRole('checkbox', { name: '16', exact: true }).uncheck();
    await page.getByText('for at most 72 cells').waitFor();
    await page.getByRole('link', { name: 'Share' }).click();
    await openProfile(page);
    await page.getByRole('slider', { name: 'Time limit (SLA), slider' }).press('ArrowRight');
    await planned(page);
    expect(held).toEqual([]);

    await start().click();
    await expect.poll(() => held.length).toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Cancel' }).click();
    // Nothing was measured, so there is nothing to resume.
    await expect.poll(() => start().isEnabled()).toBe(true);
    expect(await page.getByRole('button', { name: /^Resume/ }).count()).toBe(0);
  });
});

it(`the style sheets have at most ${CSS.lines} lines and ${CSS.bytes / 1000} kB`, () => {
  const web = join(ROOT, 'web');
  const sheets = readdirSync(web, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.css'))
    .map((path) => readFileSync(join(web, path), 'utf8'))
    .join('');
  expect(sheets.split('\n').length - 1).toBeLessThanOrEqual(CSS.lines);
  expect(sheets.length).toBeLessThanOrEqual(CSS.bytes);
});
