import { expect, it } from 'vitest';
import { openPage, planned, setUpOnWasm } from './opened-page.ts';
import { servedPage } from './serve.ts';

/** The page as it ships: its own models, workers and load. */

const site = servedPage();

it('the first run of the first plan, with nothing chosen but a short budget, is sent on time', async () => {
  const { page, context, complaints } = await openPage(site.browser, site.url);
  await setUpOnWasm(page);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await planned(page);
  await page.getByRole('button', { name: 'Run the plan' }).click();
  const outcome = page.locator('.outcome p[role=status]');
  await outcome.waitFor();
  expect(await outcome.textContent()).toMatch(/^200 sent .* late \(p99\): valid\.$/);
  expect(complaints).toEqual([]);
  await context.close();
});
