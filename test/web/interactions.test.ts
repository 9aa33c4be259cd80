import { expect, it } from 'vitest';
import { bounded } from '../../bench/page/bounded.ts';
import { interact } from '../../bench/page/interactions.ts';
import { mainThreadTasks } from '../../bench/page/main-thread.ts';
import { serveFewScenes } from './few-scenes.ts';
import { longestTaskMs } from './main-thread.ts';
import { LONG_S, openPage, openProfile, setUpOnWasm } from './opened-page.ts';
import { servedPage } from './serve.ts';

const site = servedPage(serveFewScenes);

it('presses and typing while the page measures take no long task of its own thread', async () => {
  const { page, context } = await openPage(site.browser, site.url);
  await openProfile(page);
  await setUpOnWasm(page, LONG_S);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page.locator('.progress', { hasText: 'cells' }).waitFor();
  const tasks = await mainThreadTasks(site.browser, page, () => interact(page, 2));
  const longest = await longestTaskMs(page);
  expect(tasks.filter((ms) => ms > longest)).toEqual([]);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await context.close();
});

it('what the page does not do in time is an error that names it', async () => {
  const never = new Promise(() => {});
  await expect(bounded('the next paint', never, 1)).rejects.toThrow(/in vain for the next paint\./);
});
