import { expect, it } from 'vitest';
import { mainThreadTasks } from '../../bench/page/main-thread.ts';
import { cellId } from '../../solver/documents/cell.ts';
import { serveLightest } from './few-scenes.ts';
import { longestTaskMs } from './main-thread.ts';
import { planned, savedProfile, setUpOnWasm } from './opened-page.ts';
import { openedPage } from './serve.ts';

/** Measures with the page's own models, scenes, workers and store: on wasm, because a software adapter is slow. */

const tab = openedPage(serveLightest);

it('measuring goes from the first visit to results, charts and a plan, and its own thread stays free', async () => {
  const { page } = tab;
  await setUpOnWasm(page);
  expect(await page.locator('.estimate').textContent()).toMatch(/About \d+ (s|min) for at most 8 cells/);
  expect(await page.locator('.stage .source').first().textContent()).toContain('F1 at IoU 0.5');
  const tasks = await mainThreadTasks(tab.site.browser, page, async () => {
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    const told = /: \d+ of 8 cells · step 3 of 6.*about \d+ (s|min) left/;
    await page.locator('.progress', { hasText: told }).waitFor();
    await planned(page);
  });
  expect(tasks.length).toBeGreaterThan(100);
  const longest = await longestTaskMs(page);
  expect(tasks.filter((ms) => ms > longest)).toEqual([]);
  const { cells } = await savedProfile(page);
  const measured = cells.filter(({ state }) => state === 'measured').map(cellId);
  expect(new Set(measured).size).toBe(measured.length);
  expect(measured.length).toBeGreaterThanOrEqual(4);
  // The charts show latency and throughput of two stages on one backend.
  await expect.poll(() => page.locator('#results svg.chart').count()).toBe(4);
  expect(await page.locator('.fan-out').last().textContent()).toMatch(/\d\.\d.* items.*measured/);
  expect(await page.getByRole('button', { name: /Resume/ }).count()).toBe(0);
});
