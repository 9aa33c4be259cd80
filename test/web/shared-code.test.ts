import { chromium } from 'playwright';
import { expect, onTestFinished, test } from 'vitest';
import { commandFlags, findBrowser } from '../../bench/setup/browser.js';
import { serveFewScenes } from './few-scenes.ts';
import { openPage, setUpOnWasm } from './opened-page.ts';
import { patient, servedPage } from './serve.ts';

const site = servedPage(serveFewScenes);

test("a worker starts with the code that the page's first worker has compiled", async () => {
  const { page, context, complaints } = await openPage(site.browser, site.url);
  const measured = page.locator('.saved li');
  const measure = async (profiles: number) => {
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await expect.poll(() => measured.count()).toBe(profiles);
  };
  await setUpOnWasm(page);
  await measure(1);
  let refused = 0;
  await context.route(/ort-wasm.*\.wasm$/, (route) => {
    refused++;
    return route.abort();
  });
  await measure(2);
  expect(refused).toBeGreaterThan(0);
  // Chromium logs each aborted request as ERR_FAILED.
  expect(complaints.filter((text) => !text.includes('ERR_FAILED'))).toEqual([]);
  await context.close();
});

test('in the Chromium of commands, V8 optimises no large function that runs only when a worker starts', async () => {
  const executablePath = await findBrowser();
  const server = await chromium.launchServer({
    ...(executablePath && { executablePath }),
    args: commandFlags('--trace-wasm-compilation-times'),
  });
  onTestFinished(() => server.close());
  const printed: string[] = [];
  server.process().stdout!.on('data', (bytes) => printed.push(String(bytes)));
  const browser = patient(await chromium.connect(server.wsEndpoint()));
  const { page } = await openPage(browser, site.url);
  await setUpOnWasm(page);
  for (let profiles = 1; profiles <= 3; profiles++) {
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await expect.poll(() => page.locator('.saved li').count()).toBe(profiles);
  }
  await server.close();
  const compiled = [...printed.join('').matchAll(/ using (\w+), .* bodysize (\d+)/g)];
  expect(compiled.length).toBeGreaterThan(0);
  const optimised = compiled.filter(([, by, size]) => by === 'TurboFan' && Number(size) > 500_000);
  expect(optimised.map(([text]) => text)).toEqual([]);
});
