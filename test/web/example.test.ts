import { expect, test } from 'vitest';
import { serveFewScenes } from './few-scenes.ts';
import { servedPage } from './serve.ts';

const site = servedPage(serveFewScenes);

test('the example page profiles, plans and runs by the library alone, under the policy that is served', async () => {
  const page = await site.browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`${site.url}example.html`);
  await page.getByText(/F1@0\.5, right class 0\.\d+/).waitFor();
  expect(errors).toEqual([]);
  expect(await page.textContent('#log')).toMatch(
    /measured \d+ cells on Chromium \d+\nplanned \w+ at batch \d → \w+ at batch \d\np50/,
  );
});
