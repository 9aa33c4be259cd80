import type { Page } from 'playwright';
import { beforeEach, expect, it } from 'vitest';
import { roundTripsMs } from '../../solver/documents/cell.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { summaryOf } from '../../solver/math/statistics.ts';
import { fashionProfile } from './fixtures.ts';
import { choose, planned, profileFile } from './opened-page.ts';
import { servePageWithTestEngine } from './serve.ts';
import { sharedPage } from './shared-page.ts';

/** Plans from profiles with many stages, long names or a few very slow batches. */

let page: Page;

const tab = sharedPage(undefined, servePageWithTestEngine);
beforeEach(() => {
  page = tab.page;
});

const choice = () => page.locator('.verdict strong').first().textContent();

/** A profile of `count` stages, each with the two lightest classifiers. */
function profileOfStages(count: number): Profile {
  const { stages, cells, ...profile } = fashionProfile();
  const light = stages[1]!.variants.slice(0, 2);
  const names = Array.from({ length: count }, (_, i) => `stage${i + 1}`);
  return {
    ...profile,
    stages: names.map((name) => ({ ...stages[1]!, name, variants: light })),
    cells: names.flatMap((stage) =>
      cells
        .filter(({ variant }) => light.some(({ name }) => name === variant))
        .map((cell) => ({ ...cell, stage })),
    ),
    fanOut: names.map((stage) => ({ stage, upstream: {}, counts: Array(60).fill(1) })),
    endToEnd: [],
  };
}

it('the batches of a choice of many stages stand on one line on a narrow screen, too', async () => {
  const initially = page.viewportSize()!;
  await choose(page, profileFile(profileOfStages(8)));
  await expect.poll(choice).toMatch(/( → .*){7}/);
  await planned(page);
  await page.setViewportSize({ width: 390, height: 800 });
  const table = page.locator('.frontier details', { hasText: 'Table of the best choices' });
  await table.evaluate((fold) => {
    (fold as HTMLDetailsElement).open = true;
  });
  const column = (await table.locator('thead th').allTextContents()).findIndex((head) =>
    head.startsWith('Batches'),
  );
  const lines = await table.locator(`tbody td:nth-child(${column + 1})`).evaluateAll((cells) =>
    cells.map((cell) => {
      const text = document.createRange();
      text.selectNodeContents(cell);
      return new Set([...text.getClientRects()].map(({ top }) => top)).size;
    }),
  );
  expect(new Set(lines)).toEqual(new Set([1]));
  await page.setViewportSize(initially);
});

it('a name of 64 letters widens the page on no narrow screen', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  const text = JSON.stringify(fashionProfile()).replaceAll('"det16"', `"${'n'.repeat(64)}"`);
  await choose(page, profileFile(JSON.parse(text)));
  await expect.poll(choice).toContain('nnn');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  const tooWide = page.locator('.plan-table td > *');
  expect(
    await tooWide.evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth).length),
  ).toBe(0);
});

it('the section Plan does not say that a plan keeps enough room if too few of its simulated requests are in time', async () => {
  const profile = fashionProfile();
  // One batch of each cell is so slow that the simulation confirms no plan.
  const cells = profile.cells.map((cell) => {
    if (cell.state !== 'measured') return cell;
    const slow = { ...cell, inferenceMs: cell.inferenceMs.map((ms, i) => (i === 0 ? ms + 60 : ms)) };
    return { ...slow, latencyMs: summaryOf(roundTripsMs(slow)) };
  });
  await page.getByRole('spinbutton', { name: 'Time limit (SLA)', exact: true }).fill('30');
  await choose(page, profileFile({ ...profile, cells }));
  const verdict = page.locator('.verdict .lead');
  await expect
    .poll(() => verdict.textContent())
    .toMatch(/^Run [^,]+, which comes closest: .* less than the 95\s% .* The planner first chose /);
});
