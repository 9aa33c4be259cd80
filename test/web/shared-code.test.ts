import { expect, test } from 'vitest';
import { serveFewScenes } from './few-scenes.ts';
import { openPage, setUpOnWasm } from './opened-page.ts';
import { servedPage } from './serve.ts';

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
