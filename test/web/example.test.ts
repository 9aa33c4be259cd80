import { expect, test } from 'vitest';
import { serveFewScenes } from './few-scenes.ts';
import { servedPage } from './serve.ts';

const site = servedPage(serveFewScenes);

test('the example page profiles, plans and runs by the library alone, under the policy that is served', async () => {
  const page = await site.browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.exposeFunction('violated', (directive: string) => errors.push(directive));
  await page.addInitScript(() =>
    addEventListener('securitypolicyviolation', ({ effectiveDirective }) =>
      (globalThis as unknown as { violated(directive: string): void }).violated(effectiveDirective),
    ),
  );
  await page.goto(`${site.url}example.html`);
  await page.getByText(/F1@0\.5, right class 0\.\d+/).waitFor();
  expect(errors).toEqual([]);
  expect(await page.textContent('#log')).toMatch(
    /^measuring fashion on wasm.*\nmeasured \d+ cells on Chromium \d+\nplanned \w+ at batch \d → \w+ at batch \d\np50/,
  );
});
