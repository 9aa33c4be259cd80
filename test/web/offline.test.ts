import { appendFile, copyFile, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { serveFolder } from '../../bench/runner/static-server.ts';
import { ensurePageBuilt } from '../../bench/setup/built.ts';
import { WORKER_FILE } from '../../web/service-worker/messages.ts';
import { ROOT } from '../../workers/command/root.ts';
import { fewScenes } from './few-scenes.ts';
import {
  complaintsOf,
  LONG_S,
  newContext,
  type OpenedPage,
  openIn,
  openProfile,
  planned,
  setUpOnWasm,
  takePack,
  unfoldAdvanced,
} from './opened-page.ts';
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
/** Returns the page's advice on what to do about a failed check. */
const remedy = (label: string) => page.locator('#device .notes li', { hasText: `${label}:` }).textContent();
const isolated = () => page.evaluate(() => crossOriginIsolated).catch(() => false);

describe('the built page where no service worker helps', () => {
  beforeEach(async () => {
    await context.close();
    context = await newContext(browser);
    page = await context.newPage();
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

  it('says why it cannot load a file, with a remedy of the page: its host refuses the file, or there is no network', async () => {
    await page.goto(host.url);
    await page.locator('#share').waitFor();
    await context.route('**/models/mini-nlp/**', (route) => route.fulfill({ status: 502 }));
    await page.getByLabel('Pipeline', { exact: true }).selectOption('mini-nlp');
    const why = page.locator('.page-problem [role=alert]');
    expect(await why.textContent()).toMatch(
      /mini-nlp\/manifest\.json could not be loaded: the server answered 502 .*\. Reload this page/,
    );
    await host.close();
    await page.getByLabel('Pipeline', { exact: true }).selectOption('mini-sum-qa');
    await expect
      .poll(() => why.textContent())
      .toMatch(/mini-sum-qa\/manifest\.json could not be loaded\. Connect to the network/);
  });
});

it('the built page measures and plans on one thread without SharedArrayBuffer, and keeps the profile', async () => {
  await context.close();
  // This context blocks the service worker, which would make SharedArrayBuffer available.
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
  it('gets isolation from its service worker, after one reload, and then measures and plans with the server gone', async () => {
    let loads = 0;
    page.on('load', () => loads++);
    await page.goto(host.url);
    await expect.poll(isolated).toBe(true);
    await expect.poll(() => check('Cross-origin isolated')).toContain('yes');
    expect(loads).toBe(2);
    const policy = await page.evaluate(async () => (await fetch('.')).headers.get('Content-Security-Policy'));
    expect(policy).toContain("frame-ancestors 'none'");

    await expect.poll(() => check('Works offline')).toContain('yes');
    const { asked } = host;
    expect(asked.every((path) => path.startsWith('/some/path/'))).toBe(true);
    await host.close();
    const before = asked.length;
    await page.reload();
    await expect.poll(() => check('Works offline')).toContain('yes');
    // The page has kept the shipped pack for use offline, too. The test measures only eight of its scenes, to save time.
    expect(await page.evaluate(async () => (await fetch('models/fashion/pack.bin')).ok)).toBe(true);
    await takePack(page, 'few.bin', await firstScenes(8));
    await setUpOnWasm(page);
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.locator('.lead', { hasText: /det\d+ → / }).waitFor();
    expect(asked.length).toBe(before);
    expect(complaints).toEqual([]);
  });

  it('does not reload while the user adds models', async () => {
    let loads = 0;
    page.on('load', () => loads++);
    await page.addInitScript(() => {
      const register = navigator.serviceWorker.register.bind(navigator.serviceWorker);
      navigator.serviceWorker.register = async (...given) => {
        await new Promise((resolve) => window.addEventListener('let-register', resolve, { once: true }));
        return register(...given);
      };
    });
    await page.route('**/mine.json', () => {});
    await page.goto(host.url);
    await page.getByText('Your own models').first().click();
    await page.getByLabel('Address of a manifest').fill(`${host.url}mine.json`);
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    const adding = page.getByText(/^Reading .*mine\.json …$/);
    await adding.waitFor();
    await page.evaluate(() => window.dispatchEvent(new Event('let-register')));
    await expect.poll(() => check('Works offline')).toContain('yes');
    expect(await adding.count()).toBe(1);
    expect(loads).toBe(1);
  });

  it('names a file of which a proxy sends something else, and is complete after a reload without it', async () => {
    const models = '**/models/fashion/*.onnx';
    await context.route(models, (route) => route.fulfill({ contentType: 'text/html', body: '<html>Log in' }));
    await page.goto(host.url);
    await expect
      .poll(() => page.locator('#device').textContent())
      .toMatch(/models\/fashion\/\w+\.onnx: .*Check the connection to its host/);
    await context.unroute(models);
    await page.reload();
    await expect.poll(() => check('Works offline')).toContain('yes');
  });

  it('can be installed', async () => {
    const whole = await openWholeBrowser();
    onTestFinished(() => whole.close());
    page = await whole.newPage();
    await page.goto(host.url);
    // The service worker reloads the page once. During the reload the browser has no manifest to judge.
    await expect.poll(isolated).toBe(true);
    const session = await page.context().newCDPSession(page);
    const { errors, data } = await session.send('Page.getAppManifest');
    expect(errors).toEqual([]);
    expect(JSON.parse(data!)).toMatchObject({
      name: expect.stringContaining('ipa-edge'),
      display: 'standalone',
    });
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    // Only the private window of the test prevents installing.
    expect(installabilityErrors.map(({ errorId }) => errorId)).toEqual(['in-incognito']);
  });
});

it('a tab that was opened before there was a service worker goes on with the server gone', async () => {
  const served = await serveFolder(join(ROOT, 'dist/page'), 0);
  const tab = await openIn(context, served.url);
  await tab.page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    while (active!.state !== 'activated')
      await new Promise((resolve) => active!.addEventListener('statechange', resolve, { once: true }));
  });
  await served.close();
  // The code that reads files is loaded when it is first used.
  await openProfile(tab.page);
  expect(tab.complaints).toEqual([]);
});

it('a newer build takes over when no tab works, and then every tab can show it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ipa-edge-page-'));
  const build = join(ROOT, 'dist/page');
  for (const name of await readdir(build))
    await (name === WORKER_FILE ? copyFile : symlink)(join(build, name), join(folder, name));
  const served = await serveFolder(folder, 0);
  onTestFinished(async () => {
    await served.close();
    await rm(folder, { recursive: true });
  });
  const first = await openIn(context, served.url);
  await first.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  const second = await openIn(context, served.url);
  const reload = (tab: OpenedPage) => tab.page.getByRole('button', { name: 'Reload', exact: true });
  await appendFile(join(folder, WORKER_FILE), '// A newer build.\n');
  // A tab that is opened while the newer build is being fetched offers it, too.
  const late = await context.newPage();
  await late.addInitScript(() => {
    const register = navigator.serviceWorker.register.bind(navigator.serviceWorker);
    navigator.serviceWorker.register = async (...given) => {
      const registration = await register(...given);
      // The browser itself may have found the newer build when it loaded this tab.
      const { installing, waiting } = registration;
      const found = new Promise((resolve) => registration.addEventListener('updatefound', resolve));
      if (!installing && !waiting) await Promise.all([found, registration.update()]);
      return registration;
    };
  });
  await late.goto(served.url);
  await late.getByRole('button', { name: 'Reload', exact: true }).waitFor();
  await late.close();
  await reload(second).waitFor();

  await setUpOnWasm(second.page, LONG_S);
  await second.page.getByRole('button', { name: 'Start', exact: true }).click();
  await expect.poll(() => reload(first).isDisabled()).toBe(true);
  await second.page.getByRole('button', { name: 'Cancel' }).click();
  await expect.poll(() => reload(first).isEnabled()).toBe(true);
  for (const tab of [first, second]) await Promise.all([tab.page.waitForEvent('load'), reload(tab).click()]);
});
