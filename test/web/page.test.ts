import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { keyOf } from '../../solver/documents/cell.ts';
import { parsePlan } from '../../solver/documents/plan.ts';
import { suitedSla } from '../../web/state/plan/suited-sla.ts';
import { CELLS, fashionProfile } from './fixtures.ts';
import {
  choose,
  holdAfter,
  measureUntil,
  newContext,
  openIn,
  planned,
  profileFile,
  saved,
} from './opened-page.ts';
import { servePageWithTestEngine } from './serve.ts';
import { sharedPage } from './shared-page.ts';
import { speechReport } from './speech-fixture.ts';

let page: Page;

const button = (name: string | RegExp) => page.getByRole('button', { name });

/** The properties of a browser that the page shows for every browser. */
const CHECKS = [
  'WebGPU',
  'Adapter',
  'Cross-origin isolated',
  'Timer grain',
  'Storage left',
  'One tab measures',
  'ONNX Runtime',
];
const labels = (page: Page) => page.locator('.checks .under > :first-child').allTextContents();

async function deleteStopped(): Promise<void> {
  await button('Delete what was measured').click();
  await button('Delete what was measured for good').click();
  await button(/Resume/).waitFor({ state: 'detached' });
}

/** Counts the entries of all journals of interrupted profiles. */
const keptEntries = (): Promise<number> =>
  page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open('ipa-edge');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const counting = opening.result.transaction('journal').objectStore('journal').count();
          counting.onsuccess = () => {
            opening.result.close();
            resolve(counting.result);
          };
        };
      }),
  );

describe('the profiling page', () => {
  const tab = sharedPage(async () => {}, servePageWithTestEngine);
  beforeEach(() => {
    page = tab.page;
  });

  it('marks the section that a link leads to, however short the sections and the page are', async () => {
    const links = page.getByRole('navigation').getByRole('link');
    for (const name of ['Results', 'Plan', 'Try it', 'Share', 'Measure', 'Plan']) {
      await links.filter({ hasText: name }).click();
      await expect.poll(() => page.locator('nav [aria-current]').allTextContents()).toEqual([name]);
    }
    // The user's own scrolling counts from then on.
    await page.mouse.wheel(0, -10_000);
    await expect.poll(() => page.locator('nav [aria-current]').textContent()).toBe('Measure');
  });

  it('shows what this device can do after each press on a link to it, also where it was folded away since', async () => {
    // The browser of the tests has a software adapter, which the page tells of, with the link.
    const link = page.getByRole('link', { name: 'All checks' });
    const checks = page.locator('#device');
    for (let i = 0; i < 2; i++) {
      await link.click();
      await expect.poll(() => checks.getAttribute('open')).toBe('');
      await checks.locator('summary').click();
      await expect.poll(() => checks.getAttribute('open')).toBeNull();
    }
  });

  it.each([
    ['a GPU', false],
    ['a software adapter', true],
  ])('tells of the WebGPU adapter: %s', async (_, isFallbackAdapter) => {
    const context = await newContext(tab.site.browser);
    onTestFinished(() => context.close());
    await context.addInitScript((software) => {
      const adapter = {
        info: { vendor: 'acme', architecture: 'roadrunner', description: '', isFallbackAdapter: software },
        features: new Set(['shader-f16']),
        limits: { maxComputeInvocationsPerWorkgroup: 1024 },
      };
      Object.defineProperty(navigator, 'gpu', { value: { requestAdapter: async () => adapter } });
    }, isFallbackAdapter);
    const { page, complaints } = await openIn(context, tab.site.url);
    await page.locator('.check', { hasText: '1,024 invocations' }).waitFor({ state: 'attached' });
    const check = page.locator('.check', { hasText: 'acme' });
    expect(await check.textContent()).toMatch(isFallbackAdapter ? /SOFTWARE: acme/ : /acme/);
    const remedy = page.locator('#device .notes li', { hasText: 'hardware acceleration' });
    expect(await remedy.count()).toBe(isFallbackAdapter ? 1 : 0);
    expect(await page.getByText('SOFTWARE ADAPTER', { exact: true }).count()).toBe(isFallbackAdapter ? 1 : 0);
    expect(await labels(page)).toEqual(expect.arrayContaining([...CHECKS, 'f16 shaders', 'Subgroups']));
    expect(await page.locator('.check', { hasText: 'f16 shaders' }).textContent()).toMatch(/yes$/);
    expect(await page.locator('.check', { hasText: 'Subgroups' }).textContent()).toMatch(/no$/);
    expect(complaints).toEqual([]);
  });

  it('says while it measures which cell that is, draws what is measured so far, and tells the best plan so far, once every model was measured', async () => {
    await measureUntil(page, 10);
    const [told, planned] = [page.locator('.provisional'), page.locator('#plan .empty')];
    const none = 'A first plan appears when every model has been measured once.';
    expect([await told.textContent(), await planned.textContent()]).toEqual([none, none]);
    await holdAfter(page, 30);
    await page.locator('.provisional', { hasText: 'Best so far' }).waitFor();
    await page.locator('.progress').getByText(`30 of ${CELLS} cells`).waitFor();
    expect(await page.locator('.progress code').textContent()).toMatch(/^\w+\/\w+ on \w+, batch \d+$/);
    expect(await page.locator('.cell-scroll [scope=rowgroup]').allTextContents()).toEqual([
      'detect',
      'classify',
    ]);
    const results = page.locator('#results');
    await results.locator('svg.chart').first().waitFor();
    expect(await results.locator('> header').textContent()).toContain('What is measured so far');
    await button('Pause').click();
    expect(await planned.textContent()).toBe(await told.textContent());
    expect(await told.textContent()).toMatch(
      /^Best so far: det\d+ → \w+ within [\d,]+ ms, PAS [\d.]+\s%, cost [\d.]+ (cores?|\(cores \+ 8 × GPU share\))\. It may change until all is measured\.$/,
    );
    await button('Cancel').click();
    await deleteStopped();
  });

  it('stopped before any speed was measured, says after a reload that what was measured is kept, and goes on', async () => {
    await holdAfter(page, 0);
    await button('Start').click();
    await page.locator('.progress').getByText('Measuring accuracy').waitFor();
    // The bar shows the progress of all steps together, so it is at 0 although this step is done.
    expect(await page.locator('progress').evaluate(({ value }: HTMLProgressElement) => value)).toBe(0);
    await page.reload();
    await button('Resume').waitFor();
    const told =
      'The profile was stopped. What was measured is kept. Resume continues from there, even after a reload.';
    expect(await page.locator('.run').textContent()).toContain(told);
    await button('Resume').click();
    await planned(page);
  });

  it('stopped, goes on once where Resume is pressed twice, is offered again after one with other settings has ended, and can be deleted', async () => {
    await measureUntil(page, 30);
    await button('Cancel').click();
    // The second press comes before the page has drawn what the first press does.
    await button(`Resume 30/${CELLS}`).evaluate((one: HTMLElement) => {
      one.click();
      one.click();
    });
    await page.locator('.progress').getByText(`30 of ${CELLS} cells`).waitFor();
    await button('Cancel').click();
    await button(`Resume 30/${CELLS}`).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await choose(page, { name: 'broken.json', text: '{' });
    await page.locator('.page-problem').waitFor();
    // The page does not take the file's error for the reason why the profile stopped.
    expect(await page.locator('.run').textContent()).toContain('The profile was stopped. Kept: 30 of');
    await page.getByRole('checkbox', { name: 'wasm' }).first().uncheck();
    // The last backend cannot be unticked.
    expect(await page.getByRole('checkbox', { name: 'webgpu' }).first().isDisabled()).toBe(true);
    await holdAfter(page, undefined);
    await button('Start').click();
    await planned(page);
    await button(`Resume 30/${CELLS}`).waitFor();
    await deleteStopped();
    expect(await keptEntries()).toBe(0);
  });

  it('says in a card of its results what an opened profile comes to, and leads to the next step', async () => {
    await choose(page, profileFile(fashionProfile()));
    const sla = page.getByRole('spinbutton', { name: 'Time limit (SLA)', exact: true });
    await expect.poll(() => sla.inputValue()).toBe(String(suitedSla(fashionProfile())));
    await planned(page);
    const card = page.locator('#results .verdict-card');
    expect(await card.locator('h3').textContent()).toMatch(/^Yes: .* should answer 5 requests\/s within/);
    expect(await card.getByRole('link').getAttribute('href')).toBe('#try');
  });

  it('says of an opened profile how much its budget left out', async () => {
    const profile = fashionProfile(1, [1, 2, 4]);
    // A model's batch of 2 that has no time left keeps its batch of 4 out of the profile.
    profile.cells = profile.cells
      .filter(({ variant, batch }) => variant !== 'det4' || batch < 4)
      .map((cell) =>
        cell.variant === 'det4' && cell.batch === 2
          ? { ...keyOf(cell), state: 'skipped', reason: 'budget' }
          : cell,
      );
    const measured = profile.cells.filter(({ state }) => state === 'measured').length;
    await choose(page, profileFile(profile));
    await page
      .locator('#results .notice')
      .getByText(
        `The budget of 120 s ended after ${measured} cells, and left out up to 4 with larger batches.`,
      )
      .waitFor();
  });

  it('shows the time against the size of the items', async () => {
    await choose(page, profileFile(speechReport().profile));
    const bySize = page.locator('#results details', { hasText: 'Time against size of transcribe' });
    await bySize.locator('summary').click();
    await expect.poll(() => bySize.locator('svg.chart').count()).toBe(2);
  });

  it('imports and exports a profile byte for byte, and exports its plan with the command that takes it', async () => {
    await choose(page, profileFile(fashionProfile()));
    await page.locator('.opened-name', { hasText: 'fashion' }).waitFor();
    await planned(page);
    expect(await saved(page, 'Save profile JSON')).toBe(profileFile(fashionProfile()).text);
    const [exported] = await Promise.all([page.waitForEvent('download'), button(/^Save plan$/).click()]);
    const plan = parsePlan(JSON.parse(await readFile(await exported.path(), 'utf8')), 'the plan');
    expect(plan.stages.map((stage) => stage.name)).toEqual(['detect', 'classify']);
    expect(await page.locator('.answer code').textContent()).toBe(
      `ipa-agent serve --plan ${exported.suggestedFilename()} --replan`,
    );
    await page
      .locator('.saved li.marked')
      .getByRole('button', { name: /^Delete the profile/ })
      .click();
    await button(/for good$/).click();
    await expect.poll(() => page.locator('.saved li.marked').count()).toBe(0);
    expect(await page.locator('.lead').count()).toBe(0);
  });

  it('still asks before it deletes a profile if Delete is double-clicked', async () => {
    await choose(page, profileFile(fashionProfile()));
    const listed = page.locator('.saved li.marked');
    await listed.getByRole('button', { name: /^Delete the profile/ }).dblclick();
    await listed.getByRole('button', { name: /for good$/ }).click();
    await listed.waitFor({ state: 'detached' });
  });

  it('still asks before it deletes a profile if Enter is held on Delete', async () => {
    await choose(page, profileFile(fashionProfile()));
    const listed = page.locator('.saved li.marked');
    await listed.getByRole('button', { name: /^Delete the profile/ }).focus();
    // Each `down` after the first is a repeat of the held key.
    for (let held = 0; held < 3; held++) await page.keyboard.down('Enter');
    await page.keyboard.up('Enter');
    await listed.getByRole('button', { name: /for good$/ }).click();
    await listed.waitFor({ state: 'detached' });
  });

  it.each(['a double click', 'a held Enter'])(
    'goes on measuring after %s on Start, which becomes Pause',
    async (how) => {
      await holdAfter(page, 3);
      const start = page.getByRole('button', { name: 'Start', exact: true });
      if (how === 'a double click') await start.dblclick();
      else {
        await start.focus();
        await page.keyboard.down('Enter');
        await button('Pause').waitFor();
        await page.keyboard.down('Enter');
        await page.keyboard.up('Enter');
      }
      await page
        .locator('.progress')
        .getByText(/: 3 of \d+ cells/)
        .waitFor();
      await button('Pause').waitFor();
      await button('Cancel').click();
      await deleteStopped();
    },
  );

  it('says while it measures that no plan keeps the settings, once every model was measured', async () => {
    await choose(page, profileFile(fashionProfile()));
    const rate = page.getByRole('spinbutton', { name: 'Arrival rate', exact: true });
    const before = await rate.inputValue();
    await rate.fill('100000');
    await rate.blur();
    await holdAfter(page, 20);
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.locator('.provisional', { hasText: 'So far no plan keeps the time limit' }).waitFor();
    await button('Cancel').click();
    await deleteStopped();
    await rate.fill(before);
    await rate.blur();
  });
});
