import { readFile } from 'node:fs/promises';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectLegible, unfold } from './legible.ts';
import { complaintsOf, dropProfiles, newContext, openProfile, planned } from './opened-page.ts';
import { servedPage } from './serve.ts';

/** What a new user sees first on the page as it ships. */

const site = servedPage();
let context: BrowserContext;
let page: Page;
let complaints: readonly string[];

async function close(): Promise<void> {
  await context.close();
  expect(complaints).toEqual([]);
}

const SCREENS = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];

/** Opens the page in a new window that adds up how much its content moves by itself. */
async function open(viewport = SCREENS[0]!, options: BrowserContextOptions = {}): Promise<void> {
  context = await newContext(site.browser, { viewport, reducedMotion: 'reduce', ...options });
  await context.addInitScript(() => {
    Object.assign(globalThis, { moved: 0 });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        value: number;
        hadRecentInput: boolean;
      })[])
        if (!entry.hadRecentInput) (globalThis as unknown as { moved: number }).moved += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  page = await context.newPage();
  complaints = complaintsOf(page);
  await page.goto(site.url);
  await loaded();
}

/** Waits until the page has everything that it shows without a user's action. */
async function loaded(): Promise<void> {
  await page.locator('#share').waitFor();
  await page.locator('.pictures canvas').first().waitFor();
  await page.locator('.check').first().waitFor({ state: 'attached' });
  await page.waitForLoadState('networkidle');
}

const moved = (): Promise<number> => page.evaluate(() => (globalThis as unknown as { moved: number }).moved);
const button = (name: string) => page.getByRole('button', { name, exact: true });
const inSight = (selector: string): Promise<boolean> =>
  page.locator(selector).evaluate((part) => {
    const { top, bottom } = part.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  });

describe.each(SCREENS)('on a screen of $width × $height', (screen) => {
  afterEach(close);

  it('the purpose, the pipeline and Start are in sight at once, nothing is too wide, and each pipeline shows its texts whole', async () => {
    await open(screen);
    for (const part of ['#measure h2', '.pictures', '.run .primary', '.start-facts'])
      expect(await inSight(part)).toBe(true);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(screen.width);

    const chooser = page.getByRole('combobox', { name: 'Pipeline', exact: true });
    for (const name of await chooser.locator('optgroup[label="Ready-made"] option').allInnerTexts()) {
      await chooser.selectOption(name);
      const manifest = await readFile(new URL(`../../models/${name}/manifest.json`, import.meta.url), 'utf8');
      await page.locator('.pipeline-title', { hasText: JSON.parse(manifest).title }).waitFor();
      await expect.poll(() => page.locator('.pictures-symbol').count()).toBe(0);
      const cut = await page
        .locator('.pictures :is(.pictures-items, .pictures-items > *)')
        .evaluateAll((parts) =>
          parts.filter((one) => one.scrollHeight > one.clientHeight + 1).map((one) => one.textContent),
        );
      expect(cut, name).toEqual([]);
    }
  });
});

it.each([640, 390, 320])(
  'in a window %i px wide each picture of the pipeline is whole, and so is each word of the models',
  async (width) => {
    await open({ width, height: 400 });
    const cut = await page.locator('.pictures-items canvas').evaluateAll((pictures) =>
      pictures.flatMap((one) => {
        const [picture, box] = [one, one.closest('.pictures-items')!].map((part) =>
          part.getBoundingClientRect(),
        );
        return picture!.bottom > box!.bottom || picture!.right > box!.right ? [picture] : [];
      }),
    );
    expect(cut).toEqual([]);
    const broken = await page.locator('.variants :is(th, td)').evaluateAll((cells) =>
      cells.flatMap((cell) => {
        const text = document.createRange();
        text.selectNodeContents((cell.querySelector('button') ?? cell).firstChild!);
        return text.getClientRects().length > 1 ? [cell.textContent] : [];
      }),
    );
    expect(broken).toEqual([]);
    await close();
  },
);

describe.each(SCREENS)('with a saved profile, on a screen of $width × $height', (screen) => {
  let movedAtFirst: number;
  beforeAll(async () => {
    await open(screen);
    movedAtFirst = await moved();
    await openProfile(page);
  });
  afterAll(close);

  it('nothing moves while the page loads: at first, later, and with a saved profile', async () => {
    expect(movedAtFirst).toBeLessThan(0.1);
    await page.reload();
    await loaded();
    await planned(page);
    expect(await moved()).toBeLessThan(0.1);
  });

  it('an address that names a section shows that section, with a saved profile, without a jump', async () => {
    await page.goto('about:blank');
    await page.goto(`${site.url}/#plan`);
    await loaded();
    await planned(page);
    await page.locator('#results svg.chart').nth(3).waitFor();
    await expect
      .poll(() => page.evaluate(() => document.getElementById('plan')!.getBoundingClientRect().top))
      .toBeLessThan(100);
    expect(
      await page.evaluate(() => document.getElementById('plan')!.getBoundingClientRect().top),
    ).toBeGreaterThan(0);
    expect(await moved()).toBeLessThan(0.05);
  });
});

describe('the example', () => {
  afterEach(close);

  it('opens every section, without a network, says whose it is, and leaves nothing behind', async () => {
    await open(SCREENS[0], { serviceWorkers: 'allow' });
    await expect
      .poll(() => page.locator('.check', { hasText: 'Works offline' }).textContent())
      .toContain('yes');
    await page.reload();
    await loaded();
    await context.setOffline(true);
    await button('Look at an example').click();
    await planned(page);
    await expect.poll(() => inSight('#results-title')).toBe(true);
    expect(await page.locator('#results .notice').textContent()).toContain('Measured on another device');
    expect(await page.locator('.opened').textContent()).toContain('Example');
    expect(await page.locator('.saved li').count()).toBe(0);
    const trade = page.getByRole('slider', { name: 'What counts more' });
    await trade.press('Home');
    await planned(page);
    await button('Close the example').click();
    await expect.poll(() => page.locator('#results .empty').count()).toBe(1);
    expect(await page.locator('.outcome').count()).toBe(0);
  });

  it("has settings of its own, leaves the user's as they were, and gives way to what was saved before", async () => {
    await open();
    await openProfile(page);
    const rate = page.getByRole('spinbutton', { name: 'Arrival rate', exact: true });
    await rate.fill('7');
    const chooser = page.getByRole('combobox', { name: 'Pipeline', exact: true });
    await chooser.selectOption('mail');
    await page.locator('.pipeline-title', { hasText: 'mail' }).waitFor();
    await button('Look at an example').click();
    await expect.poll(() => rate.inputValue()).not.toBe('7');
    await page.locator('#results .notice', { hasText: 'EXAMPLE' }).waitFor();
    await planned(page);
    await rate.fill('3');
    await planned(page);
    await button('Close the example').click();
    await expect.poll(() => rate.inputValue()).toBe('7');
    await page.locator('.saved li.marked').waitFor();
    expect(await page.locator('#results .notice', { hasText: 'EXAMPLE' }).count()).toBe(0);
    await expect.poll(() => chooser.inputValue()).toBe('mail');
    await expect
      .poll(() => page.evaluate(() => [scrollY, document.activeElement?.id]))
      .toEqual([0, 'measure']);
    await chooser.selectOption('fashion');
    await page.locator('.pictures canvas').first().waitFor();
    await button('Look at an example').click();
    await page.reload();
    await loaded();
    await planned(page);
    expect(await rate.inputValue()).toBe('7');
  });
});

describe('the plan of the example', () => {
  beforeAll(async () => {
    await open();
    await button('Look at an example').click();
    await planned(page);
  });
  afterAll(close);

  const ask = (name: string, value: string) =>
    page.getByRole('spinbutton', { name, exact: true }).fill(value);

  it('leaves no empty band under it', async () => {
    const band = () =>
      page.evaluate(() => {
        const bottom = (selector: string) => document.querySelector(selector)!.getBoundingClientRect().bottom;
        return bottom('.planning') - Math.max(bottom('.answer'), bottom('.plan-settings'));
      });
    expect(await band()).toBeLessThan(100);
    await page.setViewportSize(SCREENS[1]!);
    // The check is repeated, because charts take a moment to fit a new width.
    await expect.poll(band).toBeLessThan(100);
    await page.setViewportSize(SCREENS[0]!);
  });

  it('says of each model what it is, and leaves what only the planner needs folded away', async () => {
    expect(await page.locator('.plan-models li').allInnerTexts()).toEqual([
      expect.stringMatching(/^detect: det\d+, [\d.]+\s[kM]B, float32, accuracy [\d.]+\s%$/),
      expect.stringMatching(
        /^classify: \w+, [\d.]+\s[kM]B, float32, accuracy [\d.]+\s% measured, [\d.]+\s% published$/,
      ),
    ]);
    const folded = page.locator('.answer details', { hasText: 'More about this plan' });
    for (const word of ['Bound', 'Certificate', 'Goodput'])
      expect(await folded.getByRole('button', { name: word, exact: true }).isVisible(), word).toBe(false);
    await folded.locator('summary').click();
    await folded.getByRole('button', { name: 'Certificate' }).waitFor();
  });

  it('has no table of what cascades gain where they gain nothing', async () => {
    // One core carries the most accurate variants at this rate.
    await ask('Arrival rate', '5');
    await planned(page);
    await page.locator('.answer', { hasText: 'Cascades gain nothing here' }).waitFor();
    expect(await page.getByText('Table of what cascades gain').count()).toBe(0);
  });

  it('has one choice within a short time limit, which is said in words in place of a chart with one point', async () => {
    await ask('Arrival rate', '1');
    await ask('Time limit (SLA)', '10.5');
    await planned(page);
    const figure = page.locator('.answer figure', { hasText: 'Accuracy for cost' });
    // Another worker finds the frontier, which may come after the plan.
    await expect.poll(() => figure.textContent()).toContain('There is one choice: within 10.5 ms');
    expect(await figure.locator('svg').count()).toBe(0);
  });
});

describe('a profile, a comparison and a pinned plan', () => {
  beforeAll(async () => {
    await open();
    await dropProfiles(page, 1, 2);
    await planned(page);
    await button('Pin to compare').click();
    await page.getByLabel('Compare this profile with').selectOption({ index: 1 });
    await page.locator('.compare .outcome').waitFor();
    await unfold(page);
    await page.getByRole('form', { name: 'A model of the hub' }).waitFor();
  });
  afterAll(close);

  // `expectLegible` also makes each window as narrow as a window may be.
  it.each([
    { ...SCREENS[0]!, words: 'of 1440 × 900' },
    { width: 720, height: 450, words: 'of 1440 × 900 at 200 %' },
  ])(
    'are legible on a screen $words, and nothing is wider than the screen, folded or not',
    async (screen) => {
      await page.setViewportSize(screen);
      await expectLegible(page);
    },
  );
});

it('nothing moves by itself, also for those who allow motion', async () => {
  await open(SCREENS[0], { reducedMotion: 'no-preference' });
  const moving = await page.evaluate(() =>
    [...document.querySelectorAll('*')]
      .filter((element) => {
        const { animationName, transitionDuration, scrollBehavior } = getComputedStyle(element);
        return animationName !== 'none' || transitionDuration !== '0s' || scrollBehavior !== 'auto';
      })
      .map((element) => element.outerHTML.slice(0, 100)),
  );
  expect(moving).toEqual([]);
  await close();
});

describe('what this device lacks', () => {
  afterEach(close);

  it('is one line with its remedy, and a link opens all checks', async () => {
    await open();
    const line = page.locator('.obstacle');
    await expect.poll(() => line.textContent()).toMatch(/WebGPU|Adapter/);
    expect(await page.locator('.checks').isVisible()).toBe(false);
    expect(await line.textContent()).toContain('You can start all the same.');
    expect(await button('Start').isEnabled()).toBe(true);
    await line.getByRole('link').click();
    await page.locator('.checks').waitFor();
  });
});
