import type { Page } from 'playwright';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cellId } from '../../solver/documents/cell.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { serveFewScenes } from './few-scenes.ts';
import {
  BUDGET_S_MIN,
  dropOn,
  LONG_S,
  type OpenedPage,
  openPage,
  planned,
  savedProfile,
  setBudget,
  setUpOnWasm,
} from './opened-page.ts';
import { garments } from './own-files.ts';
import { OwnPage } from './own-page.ts';
import { servedPage } from './serve.ts';

/** Interrupts measuring with real workers: on wasm, because a software adapter is slow, except in the test about the GPU. */

const site = servedPage(serveFewScenes, true);
let opened: OpenedPage;
let page: Page;

beforeEach(async () => {
  opened = await openPage(site.browser, site.url);
  page = opened.page;
  await setUpOnWasm(page);
});
afterEach(() => opened.context.close());

const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
/** Number of the measured cells in the grid, which the page shows in every phase of the profile. */
const done = (): Promise<number> => page.locator('td.cell.measured').count();
/** Number of the cells that the button Resume says are kept. */
const offered = async (): Promise<number> =>
  Number(/Resume (\d+)\/8/.exec((await button(/Resume/).textContent())!)![1]);

/** Waits until `count` cells are finished. */
const measuredCells = (count: number): Promise<void> => expect.poll(done).toBeGreaterThanOrEqual(count);

const profileOf = async (): Promise<Profile> => await savedProfile(page);

const measured = ({ cells }: Profile): string[] =>
  cells.filter(({ state }) => state === 'measured').map(cellId);

describe('a profile that is interrupted', () => {
  afterEach(() => expect(opened.complaints).toEqual([]));

  it('goes on where it was after cancel and reload, and after a crash of the tab', async () => {
    await setBudget(page, LONG_S);
    await button('Start').click();
    await measuredCells(1);
    await button('Cancel').click();
    await button(/Resume/).waitFor();
    await page.reload();
    const kept = await offered();
    await button(/Resume/).click();
    await measuredCells(Math.min(8, kept + 1));
    const before = await done();

    const { context } = opened;
    const session = await context.newCDPSession(page);
    const crash = page.waitForEvent('crash');
    void session.send('Page.crash').catch(() => {});
    await crash;
    page = await context.newPage();
    await page.goto(site.url);
    expect(await offered()).toBeGreaterThanOrEqual(before - 1);
    expect(await page.getByText(/Kept: \d+ of 8 cells/).count()).toBe(1);
    await button(/Resume/).click();
    // The finished cells come back at once.
    await measuredCells(before - 1);
    await button('Cancel').click();
    // The profile keeps finished cells even if the budget leaves no time for the others.
    await setBudget(page, BUDGET_S_MIN);
    await button('Start').click();
    await planned(page);
    const cells = measured(await profileOf());
    expect(new Set(cells).size).toBe(cells.length);
    expect(await page.locator('.saved li').count()).toBe(1);
  });
});

it('a host that does not give ONNX Runtime is named as the cause, not the model, and the next try measures', async () => {
  const CODE = /\/ort-wasm[^/]*\.wasm$/;
  await opened.context.route(CODE, (route) => route.abort());
  await button('Start').click();
  const problem = page.locator('.page-problem [role=alert]');
  await problem.waitFor();
  expect(await problem.textContent()).toMatch(
    /^ONNX Runtime cannot be loaded: .* the connection to the host of this page/,
  );
  await opened.context.unroute(CODE);
  await button('Start').click();
  await measuredCells(1);
});

it('measuring goes on with a new GPU device after the one it had is lost, and leaves no cell out', async () => {
  // One linear model, because a software adapter takes long for any other.
  await dropOn(page, '#plan', await garments());
  const own = new OwnPage(opened);
  await expect.poll(() => own.chosen()).toBe('garments');
  await own.deleteVariant('cnn8');
  await page.getByRole('checkbox', { name: 'webgpu' }).first().check();
  await page.getByRole('checkbox', { name: 'wasm' }).first().uncheck();
  // With this budget, even a slow machine has time left to measure after the browser has started another GPU process.
  await setBudget(page, LONG_S);
  await button('Start').click();
  await measuredCells(1);
  const session = await site.browser.newBrowserCDPSession();
  await session.send('Browser.crashGpuProcess').catch(() => {});
  await page.locator('.answer').waitFor();
  const { cells } = await profileOf();
  expect(cells.map(({ backend, batch, state }) => `${backend} ${batch} ${state}`)).toEqual([
    'webgpu 1 measured',
    'webgpu 2 measured',
  ]);
});
