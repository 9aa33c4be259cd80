import type { Page } from 'playwright';
import { describe, expect, it } from 'vitest';
import { drop, dropProfiles, openPage, planned, unfoldAdvanced } from './opened-page.ts';
import { servePageWithTestEngine } from './serve.ts';
import { sharedPage } from './shared-page.ts';

/** What the page keeps over a reload and puts in a link, and what fields refuse. */

const tab = sharedPage(async (page) => {
  await dropProfiles(page, 1, 2);
  await planned(page);
}, servePageWithTestEngine);

const button = (name: string | RegExp) =>
  tab.page.getByRole('button', { name, exact: typeof name === 'string' });
const number = (on: Page, name: string) => on.getByRole('spinbutton', { name, exact: true });

/** Changes settings of each kind, pins a plan, and names one of two profiles. @returns the SLA of the pinned plan */
async function change(): Promise<string> {
  const pinnedSla = await number(tab.page, 'Time limit (SLA)').inputValue();
  await number(tab.page, 'Budget (s)').fill('33');
  await button('Pin to compare').click();
  await number(tab.page, 'Time limit (SLA)').fill('150');
  await number(tab.page, 'Duration (s)').fill('21');
  await tab.page.getByRole('checkbox', { name: /Adapt/ }).check();
  await tab.page.locator('.saved li:not(.marked)').getByRole('button', { name: /^Name/ }).click();
  await tab.page.getByLabel(/^Name of fashion/).fill('my phone');
  await button('Keep name').click();
  await button('my phone').click();
  await tab.page.locator('.opened', { hasText: 'my phone' }).waitFor();
  await planned(tab.page);
  return pinnedSla;
}

async function expectChanged(on: Page, pinnedSla: string): Promise<void> {
  await planned(on);
  expect(await number(on, 'Budget (s)').inputValue()).toBe('33');
  expect(await number(on, 'Time limit (SLA)').inputValue()).toBe('150');
  expect(await number(on, 'Duration (s)').inputValue()).toBe('21');
  expect(await on.getByRole('checkbox', { name: /Adapt/ }).isChecked()).toBe(true);
  expect(await on.getByRole('region', { name: 'Pinned plan beside this one' }).textContent()).toContain(
    `pinned${pinnedSla}`,
  );
  await on.locator('.saved li.marked', { hasText: 'my phone' }).waitFor();
}

/** Leaves too little room in the page's storage to keep a longer value. */
const fillStorage = () =>
  tab.page.evaluate(() => {
    for (let length = 4e6; length >= 100; length /= 2)
      try {
        localStorage.setItem(`filler of ${length}`, 'x'.repeat(length));
      } catch {}
  });

const keep = (texts: Readonly<Record<string, string>>): Promise<void> =>
  tab.page.evaluate((all) => {
    for (const [name, text] of Object.entries(all)) localStorage.setItem(`ipa-edge/${name}`, text);
  }, texts);

async function takeTrace(name: string, rates: readonly number[]): Promise<void> {
  await drop(tab.page, [{ name, text: JSON.stringify({ rates }) }]);
  await tab.page.getByText(`${name}: ${rates.length} rates`).waitFor();
}

async function nameProfile(nth: number, name: string): Promise<void> {
  await tab.page.locator('.saved li').nth(nth).getByRole('button', { name: /^Name/ }).click();
  await tab.page.getByLabel(/^Name of fashion/).fill(name);
  await button('Keep name').click();
  await button(name).waitFor();
}

describe('a field refuses in words what it cannot use, and the last good value stays in force', () => {
  it('the budget', async () => {
    const estimate = await tab.page.locator('.estimate').textContent();
    const budget = number(tab.page, 'Budget (s)');
    const why = tab.page.locator('.settings .invalid');
    for (const text of ['', '0', '-1', '1000000000']) {
      await budget.fill(text);
      expect(await budget.getAttribute('aria-invalid')).toBe('true');
      expect(await why.textContent()).toBe('Takes a number from 1 to 3,600; 120 stays in use.');
      expect(await tab.page.locator('.estimate').textContent()).toBe(estimate);
      await budget.blur();
      expect(await budget.inputValue()).toBe('120');
      expect(await why.textContent()).toContain('120 stays in use');
      if (text) expect(await why.textContent()).toContain(`${text} is not valid`);
    }
    await budget.fill('60');
    expect(await why.count()).toBe(0);
  });

  /** Types texts that fields of a form refuse: each field takes its last value again. */
  async function refuses(form: string, texts: readonly (readonly [field: string, text: string])[]) {
    for (const [name, text] of texts) {
      const field = number(tab.page, name);
      const before = await field.inputValue();
      await field.fill(text);
      expect(await field.getAttribute('aria-invalid')).toBe('true');
      const why = tab.page.locator(`${form} .invalid`).first();
      expect(await why.textContent()).toMatch(/Takes a .*stays in use/);
      await field.blur();
      expect(await field.inputValue()).toBe(before);
    }
  }

  it("the plan's settings, and the load of a run", async () => {
    await unfoldAdvanced(tab.page.locator('.plan-settings'));
    const lead = await tab.page.locator('.answer .lead').textContent();
    await refuses('.plan-settings', [
      ['Time limit (SLA)', '-5'],
      ['Time limit (SLA)', '1e308'],
      ['Arrival rate', '0'],
      ['Arrival rate', '1e7'],
      ['Weight of accuracy, α', '-1'],
      ['Cores', '9'],
    ]);
    expect(await tab.page.locator('.answer .lead').textContent()).toBe(lead);

    await tab.page.getByRole('checkbox', { name: /Adapt/ }).check();
    const preview = tab.page.locator('.live-chart', { hasText: 'What will arrive' });
    const arrives = await preview.textContent();
    await refuses('#try', [
      ['Scale of the rate', '0'],
      ['Scale of the rate', '1001'],
      ['Duration (s)', '0.5'],
      ['Duration (s)', '3601'],
      ['Seed', '1.5'],
      ['Seed', '9007199254740993'],
      ['Plan again every (s)', '0'],
      ['Plan again every (s)', ''],
    ]);
    expect(await preview.textContent()).toBe(arrives);
  });
});

it('names of profiles in Arabic are read from the right wherever they are shown', async () => {
  await nameProfile(0, 'هاتفي (جديد)!');
  await nameProfile(1, 'حاسوبي!');
  for (const shown of ['.saved li > button:first-child', '.opened-name', '#compare option:last-child']) {
    const name = tab.page.locator(shown).first();
    expect(await name.textContent()).toMatch(/هاتفي|حاسوبي/);
    expect(await name.evaluate((one) => getComputedStyle(one).direction)).toBe('rtl');
  }
});

it('a name of many letters without a space stays within a narrow page', async () => {
  const whole = tab.page.viewportSize()!;
  await tab.page.setViewportSize({ width: 320, height: 640 });
  await nameProfile(0, 'W'.repeat(60));
  expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  await tab.page.setViewportSize(whole);
});

it('settings that were kept and are no JSON, of another shape, or have a value that the form would refuse, are not used, and a pipeline that is gone is named as long as it is chosen', async () => {
  await number(tab.page, 'Budget (s)').fill('33');
  const measure = await tab.page.evaluate(() => localStorage.getItem('ipa-edge/measure')!);
  await keep({
    measure: measure.replace('"budgetS":33', '"budgetS":-5'),
    plan: '{"slaMs":-5}',
    load: '[1]',
    pinned: '{',
    'profile-names': '[1]',
    opened: '{"slaMs":-5}',
    trace: '{',
    pipeline: '"gone"',
  });
  await tab.page.reload();
  await planned(tab.page);
  expect(await number(tab.page, 'Budget (s)').inputValue()).toBe('120');
  expect(await number(tab.page, 'Duration (s)').inputValue()).toBe('40');
  // The message is still shown after the charts have appeared.
  expect(await tab.page.getByRole('alert').allTextContents()).toEqual([
    'No pipeline gone is kept here. It was removed, or added in another browser.',
  ]);
});

it("a trace is offered to be scaled to the plan's rate, unless that needs a larger scale than the form takes", async () => {
  await takeTrace('short.json', [1, ...Array(99).fill(0)]);
  await button(/^Scale to the plan/).waitFor();
  await takeTrace('long.json', [1, ...Array(399).fill(0)]);
  expect(await button(/^Scale to the plan/).count()).toBe(0);
});

it('where the browser has no room for more, names of profiles stay, and a trace is not replaced by the one before, after a reload', async () => {
  await nameProfile(0, 'my tablet');
  await takeTrace('before.json', [1, 2]);
  await fillStorage();
  await nameProfile(1, 'W'.repeat(60));
  await takeTrace('unkept.json', Array(500).fill(0.1234567890123456));
  await tab.page.reload();
  await planned(tab.page);
  expect(await tab.page.locator('.saved').textContent()).toContain('my tablet');
  await tab.page.locator('.trace-drop', { hasText: 'or drop it here' }).waitFor();
  await tab.page.evaluate(() => localStorage.clear());
});

it('settings, the pinned plan, and names of profiles survive a reload, and travel in a link to a browser that has the profile; another is told of it by name', async () => {
  const pinnedSla = await change();
  await tab.page.reload();
  await expectChanged(tab.page, pinnedSla);

  const link = await tab.page.getByLabel('Link with these settings').inputValue();
  await tab.page.evaluate(() => localStorage.clear());
  await tab.page.goto('about:blank');
  await tab.page.goto(link);
  await planned(tab.page);
  await tab.page.getByRole('region', { name: 'Pinned plan beside this one' }).waitFor();
  expect(await number(tab.page, 'Time limit (SLA)').inputValue()).toBe('150');

  const elsewhere = await openPage(tab.site.browser, link);
  const told = elsewhere.page.locator('.messages [role=status] p');
  await told.waitFor();
  expect(await told.textContent()).toMatch(/settings are in use.*my phone.*is not saved in this browser/);
  expect(await elsewhere.page.getByRole('alert').count()).toBe(0);
  expect(await number(elsewhere.page, 'Budget (s)').inputValue()).toBe('33');
  await elsewhere.context.close();
});

/** Scrolls the opened page into the middle of the plan. @returns how far the plan's top is from the window's, in pixels */
async function scrollIntoPlan(page: Page): Promise<number> {
  // The user's first action: until then the page itself keeps the section of the address in sight.
  await page.keyboard.press('Shift');
  await page.evaluate(() => {
    document.getElementById('plan')!.scrollIntoView();
    scrollBy(0, 300);
  });
  return topOf(page, 'plan');
}

const topOf = (page: Page, section: string) =>
  page.evaluate((id) => Math.round(document.getElementById(id)!.getBoundingClientRect().top), section);

it.each(['', '#results'])(
  'the place in the page survives a reload, also where the address is “%s”',
  async (at) => {
    const { page } = tab;
    await page.goto('about:blank');
    await page.goto(`${tab.site.url}/${at}`);
    await planned(page);
    const place = await scrollIntoPlan(page);
    expect(place).toBeLessThan(-100);
    await page.reload();
    await planned(page);
    await page.locator('#results svg.chart').nth(3).waitFor();
    await expect.poll(() => topOf(page, 'plan')).toBe(place);
    expect(new URL(page.url()).hash).toBe(at);
  },
);

it('a file that is dropped right after a reload is shown, and not the place before the reload', async () => {
  const { page } = tab;
  await planned(page);
  await scrollIntoPlan(page);
  await page.reload();
  await planned(page);
  await drop(page, [{ name: 'load.json', text: JSON.stringify({ rates: [1, 2] }) }]);
  await page.locator('.messages [role=status]', { hasText: 'Opened load.json' }).waitFor();
  // While a page keeps a place, it goes back there whenever content is added.
  await page.evaluate(() => document.body.append(document.createElement('p')));
  await expect.poll(() => topOf(page, 'try')).toBeLessThan(200);
  expect(await topOf(page, 'try')).toBeGreaterThan(-50);
});

it('the focus stays where the user is when the button that has it goes away', async () => {
  const { page } = tab;
  const press = async (name: RegExp, ...keys: string[]) => {
    await button(name).first().focus();
    for (const key of keys) await page.keyboard.press(key);
  };
  const focused = () =>
    page.evaluate(() => {
      const at = document.activeElement!;
      return `${at.closest('main > section')?.id}: ${at.ariaLabel ?? at.className}`;
    });
  await press(/^Name the profile/, 'Enter');
  await page.getByLabel(/^Name of fashion/).press('Escape');
  await expect.poll(focused).toMatch(/^share: Name the profile/);
  await press(/^Name the profile/, 'Enter');
  await page.getByLabel(/^Name of fashion/).press('Enter');
  await expect.poll(focused).toMatch(/^share: Name the profile/);

  await number(page, 'Time limit (SLA)').fill('1');
  await press(/^Use an SLA of/, 'Enter');
  await planned(page);
  expect(await focused()).toMatch(/^plan: /);

  for (const left of [1, 0]) {
    await press(/^Delete the profile/, 'Enter', 'Enter');
    await expect.poll(() => page.locator('.saved li').count()).toBe(left);
    expect(await focused()).toMatch(/^share: /);
  }
});
