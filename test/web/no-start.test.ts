import type { BrowserContext } from 'playwright';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fashionProfile } from './fixtures.ts';
import {
  choose,
  newContext,
  openIn,
  planned,
  profileFile,
  setUpOnWasm,
  unfoldAdvanced,
} from './opened-page.ts';
import { servedPage } from './serve.ts';

/** Opens the shipped page where its scripts miss something. */

const site = servedPage();
let context: BrowserContext;
beforeEach(async () => {
  context = await newContext(site.browser);
});
afterEach(() => context.close());

/** Opens the page and returns the reason that it shows for not starting. */
async function whyNotStarted(): Promise<string | null> {
  const page = await context.newPage();
  await page.goto(site.url);
  const reason = page.getByText('This page could not start');
  await reason.waitFor();
  return reason.textContent();
}

test('a browser without a feature that the page cannot do without shows what is missing, and a remedy', async () => {
  await context.addInitScript(() => Reflect.deleteProperty(Map.prototype, 'set'));
  expect(await whyNotStarted()).toMatch(
    /: .*not a function.*open it in a recent Chrome, Edge, Safari or Firefox\./,
  );
});

test('a browser that cannot read the page’s scripts shows so', async () => {
  await context.route('**/assets/*.js', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: 'const next = later?.;' }),
  );
  expect(await whyNotStarted()).toContain('SyntaxError');
});

test('a page whose scripts cannot be loaded says so', async () => {
  await context.route('**/assets/*.js', (route) => route.abort());
  expect(await whyNotStarted()).toContain(
    'could not start: a file of the page could not be loaded. Reload it',
  );
});

test('an extension that adds to every object stops the page, which names extensions', async () => {
  await context.addInitScript(() => Object.assign(Object.prototype, { extend: () => {} }));
  expect(await whyNotStarted()).toContain('turn off extensions that change pages');
});

test('a page in a sandboxed frame, which has no origin, names the cause and opens elsewhere', async () => {
  await context.route('**/frame.html', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: '<iframe sandbox="allow-scripts" src="index.html"></iframe>',
    }),
  );
  // The host lets any site read and frame the page, as hosts of static files do.
  await context.route('**/*.{html,js,css}', async (route) => {
    if (route.request().url().endsWith('frame.html')) return route.fallback();
    const response = await route.fetch();
    const type = response.headers()['content-type']!;
    await route.fulfill({ response, headers: { 'access-control-allow-origin': '*', 'content-type': type } });
  });
  const page = await context.newPage();
  await page.goto(`${site.url}frame.html`);
  const reason = page.frameLocator('iframe').getByText('This page could not start');
  expect(await reason.textContent()).toMatch(
    /: NoOriginError: .* no workers\. Open its https or localhost address in a tab of its own/,
  );
});

test('a page that gets something else for the code of its solver names it and a remedy, and plans with the next change', async () => {
  const glpk = '**/glpk*.wasm';
  await context.route(glpk, (route) => route.fulfill({ contentType: 'text/html', body: '<html>Log in' }));
  const { page } = await openIn(context, site.url);
  await choose(page, profileFile(fashionProfile()));
  const problem = page
    .locator('#plan')
    .getByText(/^GLPK, which finds plans, cannot be loaded: .* reload it\.$/);
  await problem.waitFor();
  await context.unroute(glpk);
  await page.getByRole('spinbutton', { name: 'Arrival rate' }).fill('1');
  await planned(page);
  expect(await problem.count()).toBe(0);
});

test('a page that cannot load a part of its code later says so, and loads it after a reload', async () => {
  const parts = '**/assets/parts-*.js';
  await context.route(parts, (route) => route.fulfill({ status: 404 }));
  const { page } = await openIn(context, site.url);
  await page.getByRole('button', { name: 'Look at an example', exact: true }).click();
  const problem = page.locator('.page-problem [role=alert]');
  expect(await problem.textContent()).toMatch(/^A part of this page could not be loaded: .*Reload this page/);
  await context.unroute(parts);
  await page.reload();
  await page.getByRole('button', { name: 'Look at an example', exact: true }).click();
  await planned(page);
});

test('a page that cannot load the code that adds models says so', async () => {
  const { page } = await openIn(context, site.url);
  await context.route('**/assets/own-models-*.js', (route) => route.fulfill({ status: 404 }));
  const model = { name: 'mine.onnx', mimeType: '', buffer: Buffer.of(0) };
  await page.getByLabel('Add models to classify').setInputFiles(model);
  const problem = page.locator('.page-problem [role=alert]');
  expect(await problem.textContent()).toMatch(/^A part of this page could not be loaded: .*Reload this page/);
});

test('a page whose host has only a newer build, without the code of its workers, says to reload it', async () => {
  const { page } = await openIn(context, site.url);
  await context.route('**/assets/worker.browser-*.js', (route) => route.fulfill({ status: 404 }));
  await setUpOnWasm(page);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  const problem = page.locator('.page-problem [role=alert]');
  expect(await problem.textContent()).toMatch(/^Worker wasm-1 .* its code could not be loaded.* reload it/);
});

test('without shared memory the page starts, and offers one thread', async () => {
  await context.addInitScript(() => Reflect.deleteProperty(globalThis, 'SharedArrayBuffer'));
  const { page, complaints } = await openIn(context, site.url);
  await unfoldAdvanced(page.locator('.settings'));
  await page.getByText('One thread: this browser has no shared memory.').waitFor();
  expect(complaints).toEqual([]);
});
