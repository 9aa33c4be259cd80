import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { servePage } from '../../bench/runner/host.ts';
import { ensurePageBuilt } from '../../bench/setup/built.ts';
import { ROOT } from '../../workers/command/root.ts';
import { fewScenes } from './few-scenes.ts';
import { complaintsOf, newContext, planned, setUpOnWasm, takePack, unfoldAdvanced } from './opened-page.ts';
import { firstScenes } from './own-files.ts';
import { openWholeBrowser, sharedBrowser } from './serve.ts';
import { type StaticHost, serveStatic } from './static-host.ts';

let browser: Browser;
let host: StaticHost;
let context: BrowserContext;
let page: Page;
let complaints: readonly string[];

beforeAll(async () => {
  await ensurePageBuilt();
  browser = await sharedBrowser();
});
beforeEach(async () => {
  host = await serveStatic(join(ROOT, 'dist/page'), '/some/path/');
  context = await browser.newContext();
  page = await context.newPage();
  complaints = complaintsOf(page);
});
afterEach(async () => {
  await context.close();
  await host.close();
});

const check = (label: string) => page.locator('.check', { hasText: label }).textContent();
/** What is to be done about it. */
const remedy = (label: string) => page.locator('#device .notes li', { hasText: `${label}:` }).textContent();
const isolated = () => page.evaluate(() => crossOriginIsolated).catch(() => false);

describe('the built page where no service worker helps', () => {
  beforeEach(async () => {
    await context.close();
    context = await newContext(browser);
    page = await context.newPage();
  });

  it('is isolated by the headers that ipa-edge serve sends', async () => {
    const served = await servePage(0);
    try {
      await page.goto(served.url);
      await expect.poll(() => check('Cross-origin isolated')).toContain('yes');
      expect(await check('Timer grain')).toMatch(/0\.005/);
    } finally {
      await served.close();
    }
  });

  it('says on a host without headers what is lost, and what brings it back', async () => {
    await page.goto(host.url);
    await expect.poll(() => check('Cross-origin isolated')).toContain('no: one thread, coarse timer');
    expect(await remedy('Cross-origin isolated')).toMatch(
      /the host must send Cross-Origin-Opener-Policy: same-origin.*require-corp/,
    );
    expect(await remedy('Timer grain')).toContain('Short latencies are measured coarsely');
    await expect.poll(() => check('Works offline')).toContain('no');
    expect(await remedy('Works offline')).toContain('reload the page');
    await unfoldAdvanced(page.locator('.settings'));
    await page.getByText('One thread: this page is not cross-origin isolated.').waitFor();
    const threads = page.getByRole('group', { name: 'Threads, on wasm' });
    expect(await threads.getByRole('checkbox', { name: '2', exact: true }).isDisabled()).toBe(true);
  });
});

it('the built page measures and plans on one thread without SharedArrayBuffer, and keeps the profile', async () => {
  await context.close();
  // Without the service worker, which would bring it.
  context = await newContext(browser);
  page = await context.newPage();
  complaints = complaintsOf(page);
  const { pack, manifest } = await fewScenes();
  await page.route('**/models/fashion/manifest.json', (route) => route.fulfill({ json: manifest }));
  await page.route(`**/${manifest.pack.file}`, (route) => route.fulfill({ body: Buffer.from(pack) }));
  await page.goto(host.url);
  expect(await page.evaluate(() => typeof SharedArrayBuffer)).toBe('undefined');
  await setUpOnWasm(page);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await planned(page);
  await page.reload();
  await planned(page);
  expect(await page.locator('.saved li').count()).toBe(1);
  expect(complaints).toEqual([]);
});

describe('the built page on a host without headers, under a path', () => {
  it('gets isolation from its service worker, after one reload', async () => {
    let loads = 0;
    page.on('load', () => loads++);
    await page.goto(host.url);
    await expect.poll(isolated).toBe(true);
    await expect.poll(() => check('Cross-origin isolated')).toContain('yes');
    expect(loads).toBe(2);
    const policy = await page.evaluate(async () => (await fetch('.')).headers.get('Content-Security-Policy'));
    expect(policy).toContain("frame-ancestors 'none'");
    expect(complaints).toEqual([]);
  });

  it('can be installed', async () => {
    const whole = await openWholeBrowser();
    onTestFinished(() => whole.close());
    page = await whole.newPage();
    await page.goto(host.url);
    await expect.poll(() => check('Works offline')).toContain('yes');
    const session = await page.context().newCDPSession(page);
    const { errors, data } = await session.send('Page.getAppManifest');
    expect(errors).toEqual([]);
    expect(JSON.parse(data!)).toMatchObject({
      name: expect.stringContaining('ipa-edge'),
      display: 'standalone',
    });
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    // Nothing else is against it: tests have private windows.
    expect(installabilityErrors.map(({ errorId }) => errorId)).toEqual(['in-incognito']);
  });

  it('profiles and plans with the server gone', async () => {
    await page.goto(host.url);
    await expect.poll(() => check('Works offline')).toContain('yes');
    const { asked } = host;
    expect(asked.every((path) => path.startsWith('/some/path/'))).toBe(true);
    await host.close();
    const before = asked.length;
    await page.reload();
    await expect.poll(() => check('Works offline')).toContain('yes');
    // The shipped scenes are there too; a few of them are measured sooner.
    expect(await page.evaluate(async () => (await fetch('models/fashion/pack.bin')).ok)).toBe(true);
    await takePack(page, 'few.bin', await firstScenes(8));
    await setUpOnWasm(page);
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.locator('.lead').waitFor();
    expect(await page.locator('.lead').textContent()).toMatch(/det\d+ → /);
    expect(asked.length).toBe(before);
    expect(complaints).toEqual([]);
  });
});
