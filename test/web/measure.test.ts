import type { Page } from 'playwright';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cellId } from '../../solver/documents/cell.ts';
import { type Profile, parseProfile } from '../../solver/documents/profile.ts';
import { knownWorkMs, mainThreadTasks } from './main-thread.ts';
import { type OpenedPage, openPage, planned, saved, takePack } from './opened-page.ts';
import { firstScenes } from './own-files.ts';
import { OwnPage } from './own-page.ts';
import { servedPage } from './serve.ts';

/** With the page as it ships: its own models, workers and store. On wasm, so that a software adapter does not matter. */

const site = servedPage();
let opened: OpenedPage;
let page: Page;

beforeEach(async () => {
  opened = await openPage(site.browser, site.url);
  page = opened.page;
  await page.getByRole('checkbox', { name: 'webgpu' }).first().uncheck();
  for (const batch of ['4', '8', '16'])
    await page.getByRole('checkbox', { name: batch, exact: true }).uncheck();
  await page.getByLabel('Budget (s)').fill('5');
  await page.getByLabel('Budget (s)').blur();
});
afterEach(() => opened.context.close());

/** Waits until the page has drawn so many frames: it did nothing meanwhile that it had to do. */
const frames = (count: number): Promise<void> =>
  page.evaluate(
    (most) =>
      new Promise((resolve) => {
        let drawn = 0;
        const draw = () => (++drawn === most ? resolve() : requestAnimationFrame(draw));
        requestAnimationFrame(draw);
      }),
    count,
  );

const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
const progress = () => page.locator('.progress');
const done = async (): Promise<number> => Number(/: (\d+) of/.exec((await progress().textContent())!)![1]);

/** Waits until so many cells are finished. */
async function measuredCells(count: number): Promise<void> {
  await progress().getByText('Measuring speed').waitFor();
  await expect.poll(done).toBeGreaterThanOrEqual(count);
}

const profileOf = async (): Promise<Profile> =>
  parseProfile(JSON.parse(await saved(page, 'Save profile JSON')), 'the saved profile');

const measured = ({ cells }: Profile): string[] =>
  cells.filter(({ state }) => state === 'measured').map(cellId);

describe('measuring on the page', () => {
  afterEach(() => expect(opened.complaints).toEqual([]));

  it('goes from the first visit to results, charts and a plan, and its own thread stays free', async () => {
    expect(await page.locator('.estimate').textContent()).toMatch(/About \d+ s for at most 18 cells/);
    expect(await page.locator('.stage .source').first().textContent()).toContain('F1 at IoU 0.5');
    const tasks = await mainThreadTasks(site.browser, page, async () => {
      await button('Start').click();
      await measuredCells(1);
      expect(await progress().textContent()).toMatch(/of 18 cells · step 3 of 5.*about \d+ (s|min) left/);
      await planned(page);
    });
    expect(tasks.length).toBeGreaterThan(100);
    // 100 ms of a core that does the known work in 5 ms; a slower core may take longer.
    const longest = 100 * Math.max(1, (await knownWorkMs(page)) / 5);
    expect(tasks.filter((ms) => ms > longest)).toEqual([]);
    const profile = await profileOf();
    expect(measured(profile).length).toBeGreaterThanOrEqual(9);
    // Latency and throughput of two stages on one backend, the plan's bound and its frontier.
    await expect.poll(() => page.locator('#results svg.chart').count()).toBe(4);
    expect(await page.locator('.fan-out').last().textContent()).toMatch(/\d\.\d.* items.*measured/);
    expect(await button(/Resume/).count()).toBe(0);
  });

  it('pauses between cells, says so, and resumes', async () => {
    await takePack(page, 'few.bin', await firstScenes(8));
    // Each cell is measured often, so that some are left to pause before.
    await page.getByLabel('Budget (s)').fill('600');
    await page.getByLabel('Budget (s)').blur();
    await button('Start').click();
    await measuredCells(2);
    await button('Pause').click();
    await progress().getByText('Paused').waitFor();
    const before = await done();
    await frames(60);
    expect(await done()).toBe(before);
    expect(await page.locator('td.cell.measured').count()).toBe(before);
    await button('Resume').click();
    await expect.poll(done).toBeGreaterThan(before);
    await button('Pause').click();
    await progress().getByText('Paused').waitFor();
    await button('Cancel').click();
    await button(/Resume \d+\/18/).waitFor();
  });

  it('goes on where it was after cancel and reload, and after a crash of the tab', async () => {
    await takePack(page, 'few.bin', await firstScenes(8));
    await button('Start').click();
    await measuredCells(2);
    await button('Cancel').click();
    await button(/Resume \d+\/18/).waitFor();
    await page.reload();
    await button(/Resume \d+\/18/).click();
    await measuredCells(4);
    const before = await done();

    const { context } = opened;
    const session = await context.newCDPSession(page);
    const crash = page.waitForEvent('crash');
    void session.send('Page.crash').catch(() => {});
    await crash;
    page = await context.newPage();
    await page.goto(site.url);
    const label = (await button(/Resume \d+\/18/).textContent())!;
    expect(Number(/(\d+)\//.exec(label)![1])).toBeGreaterThanOrEqual(before - 1);
    expect(await page.getByText(/cells are kept/).count()).toBe(1);
    await button(/Resume/).click();
    await progress().getByText('Measuring speed').waitFor();
    // Those that were finished come back at once.
    await expect.poll(done).toBeGreaterThanOrEqual(before - 1);
    await planned(page);
    const cells = measured(await profileOf());
    expect(new Set(cells).size).toBe(cells.length);
    expect(await page.locator('.saved li').count()).toBe(1);
  });
});

it('measuring goes on with a new GPU device after the one it had is lost, and leaves no cell out', async () => {
  await takePack(page, 'few.bin', await firstScenes(8));
  // With the lightest variants, for a software adapter.
  const own = new OwnPage(opened);
  for (const name of ['det8', 'det16', 'cnn16', 'res16', 'res32']) await own.deleteVariant(name);
  await page.getByRole('checkbox', { name: 'webgpu' }).first().check();
  await page.getByRole('checkbox', { name: 'wasm' }).first().uncheck();
  await page.getByRole('checkbox', { name: '2', exact: true }).last().uncheck();
  await button('Start').click();
  await measuredCells(2);
  const session = await site.browser.newBrowserCDPSession();
  await session.send('Browser.crashGpuProcess').catch(() => {});
  await page.locator('.answer').waitFor();
  const { cells } = await profileOf();
  expect(cells.map(({ backend, batch, state }) => `${backend} ${batch} ${state}`)).toEqual(
    Array(4).fill('webgpu 1 measured'),
  );
});
