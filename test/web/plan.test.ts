import type { Page } from 'playwright';
import { beforeEach, describe, expect, it } from 'vitest';
import { frames, frontier, openProfile, planned, unfoldAdvanced } from './opened-page.ts';
import { servePageWithTestEngine } from './serve.ts';
import { sharedPage } from './shared-page.ts';

let page: Page;

const FIELDS = ['Time limit (SLA)', 'Arrival rate', 'Weight of accuracy, α', 'Weight of cost, β'];
/** The values of `FIELDS` right after the profile was opened. */
let initial: readonly string[];

const tab = sharedPage(async (opened) => {
  page = opened;
  await openProfile(page);
  await unfoldAdvanced(page.getByRole('form', { name: 'Plan settings' }));
  initial = await Promise.all(FIELDS.map((field) => numberField(field).inputValue()));
}, servePageWithTestEngine);
beforeEach(async () => {
  page = tab.page;
  for (const [i, field] of FIELDS.entries()) await numberField(field).fill(initial[i]!);
  await settled();
});

const button = (name: string | RegExp) => page.getByRole('button', { name });
const slider = (name: string) => page.getByRole('slider', { name: `${name}, slider` });
const numberField = (name: string) => page.getByRole('spinbutton', { name, exact: true });
const backend = (name: string) =>
  page.getByRole('form', { name: 'Plan settings' }).getByRole('checkbox', { name });
const settled = () => planned(page);
const choice = () => page.locator('.verdict strong').first().textContent();
const fact = async (term: string) =>
  page
    .locator('.answer .facts > div', { has: page.getByText(term, { exact: true }) })
    .locator('dd')
    .textContent();
/** Returns the PAS, by which the planner compares choices; the page folds it away. */
const pas = async () => Number.parseFloat((await fact('PAS'))!);
/** The text beside the name of the slider for accuracy and cost. */
const sliderSays = () =>
  page
    .locator('.quantity', { has: page.locator('#trade') })
    .locator('.quantity-value')
    .textContent();
const cost = async () => Number.parseFloat((await fact('Cost'))!);

/** Drags a slider to a share of its length. */
async function drag(name: string, to: number): Promise<void> {
  await slider(name).scrollIntoViewIfNeeded();
  const box = (await slider(name).boundingBox())!;
  const y = box.y + box.height / 2;
  const value = Number(await slider(name).inputValue());
  const max = Number(await slider(name).getAttribute('max'));
  await page.mouse.move(box.x + 8 + (box.width - 16) * (value / max), y);
  await page.mouse.down();
  await page.mouse.move(box.x + 8 + (box.width - 16) * to, y, { steps: 12 });
  await page.mouse.up();
}

describe('the section Plan', () => {
  it('drawn to an SLA that nothing meets, says why, and the SLA that it offers works', async () => {
    await drag('Time limit (SLA)', 0.02);
    const why = page.locator('.answer').getByRole('alert');
    await why.waitFor();
    await settled();
    const told = /The SLA is [\d.]+ ms, but at least ([\d.]+) ms are needed\.$/.exec(
      (await why.locator('p').textContent())!,
    );
    expect(await page.getByRole('slider', { name: 'What counts more' }).isDisabled()).toBe(true);
    expect(await sliderSays()).toBe('no choice');
    const offer = button(/Use an SLA of/);
    const offered = Number(/([\d.]+) ms/.exec((await offer.textContent())!)![1]);
    expect(offered).toBe(Number(told![1]));
    await offer.click();
    await page.locator('.verdict').waitFor();
    await settled();
    expect(Number(await numberField('Time limit (SLA)').inputValue())).toBe(offered);
  });

  it('offers a rate where the rate is too high', async () => {
    await numberField('Arrival rate').fill('20000');
    const offer = button(/Use [\d,.]+ requests/);
    await offer.waitFor();
    await offer.click();
    await page.locator('.verdict').waitFor();
    await settled();
    expect(Number(await numberField('Arrival rate').inputValue())).toBeLessThan(20_000);
  });

  it('takes the largest value where a slider is at its end, and the smallest at its start', async () => {
    for (const [name, least, most] of [
      ['Time limit (SLA)', 1, 20_000],
      ['Arrival rate', 0.1, 1000],
      ['Weight of accuracy, α', 0, 100],
    ] as const)
      for (const [key, value] of [
        ['End', most],
        ['Home', least],
      ] as const) {
        await slider(name).press(key);
        await expect.poll(async () => Number(await numberField(name).inputValue())).toBe(value);
      }
  });

  it('tells a weight of some millionths with its digits', async () => {
    await numberField('Weight of cost, β').fill('0.000002');
    await expect.poll(() => slider('Weight of cost, β').getAttribute('aria-valuetext')).toBe('0.000002');
    await numberField('Weight of cost, β').fill('-1');
    await page.getByText('Takes a number from 0 to 1,000,000; 0.000002 stays in use.').waitFor();
  });

  it('goes from the cheapest choice to the most accurate one, with every step of the slider between them', async () => {
    const trade = page.getByRole('slider', { name: 'What counts more' });
    await trade.press('Home');
    await settled();
    let before = { cost: await cost(), pas: await pas() };
    const last = Number(await trade.getAttribute('max'));
    expect(last).toBeGreaterThan(1);
    for (let place = 1; place <= last; place++) {
      await trade.press('ArrowRight');
      await settled();
      expect(await trade.inputValue()).toBe(String(place));
      const now = { cost: await cost(), pas: await pas() };
      expect(now.cost).toBeGreaterThan(before.cost);
      expect(now.pas).toBeGreaterThan(before.pas);
      before = now;
    }
  });

  it('lets a point of the frontier be chosen by keyboard: it sets β, and with it the plan', async () => {
    const points = frontier(page);
    const told = points.locator('xpath=following-sibling::*[@aria-live]');
    const before = await cost();
    await points.press('ArrowRight');
    await expect.poll(() => told.textContent()).toMatch(/PAS .*, cost .*\nchosen with β /);
    const cheapest = await told.textContent();
    await points.press('Enter');
    await settled();
    expect(await cost()).toBeLessThan(before);
    expect(cheapest).toContain(await choice());
    expect(cheapest).toContain(`cost ${await cost()},`);
    // The chart keeps the focus, and arrow keys go on from the chosen point.
    expect(await points.evaluate((host) => host === document.activeElement)).toBe(true);
    await points.press('ArrowRight');
    await expect.poll(() => told.textContent()).not.toBe(cheapest);
  });

  it('lets a point of a shorter bound be chosen from the table: it sets the SLA too', async () => {
    await numberField('Time limit (SLA)').fill('200');
    await settled();
    await page.getByText('Table of the best choices for').click();
    const row = page.locator('.fold tbody tr', { has: page.getByRole('button', { name: 'Choose' }) }).first();
    const chosen = await row.locator('td').first().textContent();
    const names = await page
      .locator('.fold tbody')
      .getByRole('button', { name: /^Choose .* → .*, cost .*, bound .* ms$/ })
      .evaluateAll((buttons) => buttons.map((one) => one.ariaLabel));
    expect(names.length).toBeGreaterThan(1);
    expect(new Set(names).size).toBe(names.length);
    await row.getByRole('button', { name: `Choose ${chosen}, ` }).click();
    await settled();
    expect(Number(await numberField('Time limit (SLA)').inputValue())).toBeLessThanOrEqual(200);
    expect(await choice()).toBe(chosen);
  });

  it('draws the chart of the stages once for a plan that the simulation confirms as it is', async () => {
    const bars = page.locator('.chart-host[aria-label^="Time for each stage"]');
    const drawn = await bars.evaluateHandle((host) => {
      const counted = { charts: 0 };
      new MutationObserver((changes) => {
        counted.charts += changes.length;
      }).observe(host, { childList: true });
      return counted;
    });
    await numberField('Time limit (SLA)').fill('900');
    await settled();
    await frames(page, 2);
    expect(await drawn.evaluate(({ charts }) => charts)).toBe(1);
  });

  it('fills a dot of the frontier for each choice of the slider', async () => {
    const filled = frontier(page).locator('svg g[aria-label=dot] > [fill="var(--series-1)"]');
    expect(await filled.count()).toBe(
      1 + Number(await page.getByLabel('What counts more', { exact: true }).getAttribute('max')),
    );
  });

  it('takes the point that is pressed on the chart', async () => {
    const points = frontier(page);
    const before = await numberField('Weight of cost, β').inputValue();
    await points.scrollIntoViewIfNeeded();
    const dot = (await points.locator('svg g[aria-label=dot] > *').first().boundingBox())!;
    await page.mouse.move(dot.x + 20, dot.y + 20);
    await page.mouse.move(dot.x + dot.width / 2, dot.y + dot.height / 2, { steps: 4 });
    await page.mouse.down();
    await page.mouse.up();
    await expect.poll(() => numberField('Weight of cost, β').inputValue()).not.toBe(before);
  });

  it('never shows an answer to another question as one to this', async () => {
    // Records, whenever the page shows an answer as current while sliders move, the SLA of the answer and that of the form.
    await page.evaluate(() => {
      const seen: string[][] = [];
      (globalThis as { seen?: string[][] }).seen = seen;
      const look = () => {
        const answer = document.querySelector('.answer[aria-busy=false]:not(.stale)');
        const said = /within ([\d,.]+)\sms/.exec(answer?.querySelector('.verdict')?.textContent ?? '')?.[1];
        if (said) seen.push([said, document.querySelector<HTMLInputElement>('.quantity input')!.value]);
      };
      new MutationObserver(look).observe(document.getElementById('plan')!, {
        subtree: true,
        childList: true,
        characterData: true,
        attributes: true,
      });
    });
    await drag('Time limit (SLA)', 0.7);
    await settled();
    const seen = await page.evaluate(() => (globalThis as unknown as { seen: string[][] }).seen);
    expect(seen.length).toBeGreaterThan(0);
    for (const [said, asked] of seen) expect(Number(said!.replace(',', ''))).toBeCloseTo(Number(asked), 0);
  });

  it('keeps a pinned plan beside the next one, fits a narrow screen, with two plans as well, and has room for all tables on a wide one', async () => {
    const initially = page.viewportSize()!;
    await page.setViewportSize({ width: 360, height: 800 });
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    expect(await width()).toBe(360);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.locator('.frontier details').evaluateAll((all) => {
      for (const fold of all) (fold as HTMLDetailsElement).open = true;
    });
    const tables = page.locator('.frontier .scroll');
    expect(await tables.count()).toBeGreaterThan(0);
    expect(
      await tables.evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth).length),
    ).toBe(0);
    const pinned = await choice();
    await button('Pin to compare').click();
    await page.getByRole('region', { name: 'Pinned plan beside this one' }).waitFor();
    const rows = page.locator('.comparison-table tbody tr');
    await numberField('Time limit (SLA)').fill('110');
    await settled();
    const attainments = await rows.locator('[data-head=Attainment]').allTextContents();
    expect(attainments).toEqual(['99.8\u00a0%', '99.9\u00a0%', '+0.1 points']);
    await numberField('Time limit (SLA)').fill('15');
    await settled();
    expect(await choice()).not.toBe(pinned);
    const slas = rows.locator('[data-head=SLA]');
    expect(await slas.allTextContents()).toEqual(['103\u00a0ms', '15.0\u00a0ms', '−88.0\u00a0ms']);
    const spoken = `Plan: ${(await choice())!.replace(' → ', ', then ')}; `;
    expect(await page.locator('.answer [role=status]').textContent()).toContain(spoken);
    expect(await page.locator('.plan-table tbody th').allTextContents()).toEqual([
      'pinned: detect',
      'pinned: classify',
      'this: detect',
      'this: classify',
    ]);
    const table = page.getByRole('region', { name: 'The plans' });
    expect(await table.evaluate((one) => one.scrollWidth - one.clientWidth)).toBe(0);
    await page.setViewportSize({ width: 360, height: 800 });
    expect(await width()).toBe(360);
    await button('Unpin').click();
    await expect.poll(() => rows.count()).toBe(0);
    await page.setViewportSize(initially);
  });

  it('changes the plan with the percentile, the weights, the cores and the backends', async () => {
    await numberField('Time limit (SLA)').fill('60');
    await numberField('Arrival rate').fill('40');
    await settled();
    const bound = await fact('Bound');
    await page.getByText('99 %', { exact: true }).first().click();
    await settled();
    expect(await fact('Bound')).not.toBe(bound);

    // The simulation confirms only a plan with more room than the choice of the integer program, and the slider says so.
    await numberField('Arrival rate').fill('60');
    await settled();
    await expect.poll(sliderSays).toMatch(/^choice (\d) of \d; choice (?!\1)\d runs$/);
    expect(await page.getByLabel('What counts more', { exact: true }).getAttribute('aria-valuetext')).toMatch(
      /, cost \d+; choice \d runs$/,
    );

    const before = await cost();
    await slider('Weight of cost, β').focus();
    await page.keyboard.press('End');
    await settled();
    const cheapest = await cost();
    expect(cheapest).toBeLessThan(before);
    await slider('Weight of cost, β').press('Home');
    await settled();
    expect(Number(await numberField('Weight of cost, β').inputValue())).toBe(0);
    expect(await cost()).toBeGreaterThan(cheapest);

    await slider('Cores').press('Home');
    expect(Number(await numberField('Cores').inputValue())).toBe(1);
    await slider('Cores').press('End');
    await backend('wasm').uncheck();
    await numberField('Time limit (SLA)').fill('2000');
    await numberField('Arrival rate').fill('1');
    await settled();
    const backends = await page.locator('.plan-table tbody td:nth-child(3)').allTextContents();
    expect(new Set(backends)).toEqual(new Set(['webgpu']));
    expect(await backend('webgpu').isDisabled()).toBe(true);
    await page.getByText('95 %', { exact: true }).first().click();
    await backend('wasm').check();
  });
});
