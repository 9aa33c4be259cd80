import { expect, it } from 'vitest';
import { unfold } from './legible.ts';
import { choose, measureUntil, openPage, openProfile } from './opened-page.ts';
import { fashionReport } from './report-fixtures.ts';
import { reportViewer } from './report-viewer.ts';
import { servedPage, servePageWithTestEngine } from './serve.ts';

/** The page and the report on paper, in forced colours, copied, and in a translator. */

const site = servedPage(servePageWithTestEngine);
const show = reportViewer();
/** The width of A4 paper within its margins, in CSS pixels. */
const PAPER = { width: 717, height: 1000 };

it('a printed report has its tables with all heads, rows and columns, and charts that fit the paper', async () => {
  const { page } = await show(fashionReport());
  await unfold(page);
  await page.emulateMedia({ media: 'print' });
  await page.setViewportSize(PAPER);
  const tables = page.locator('.scroll');
  const cut = () =>
    tables.evaluateAll(
      (all) =>
        all.filter(
          (one) => one.scrollHeight > one.clientHeight || getComputedStyle(one).overflowX !== 'visible',
        ).length,
    );
  await expect.poll(cut).toBe(0);
  const heads = tables
    .locator('thead')
    .evaluateAll((all) => all.filter((one) => !one.checkVisibility()).length);
  expect(await heads).toBe(0);
  expect(await tables.locator('thead').count()).toBeGreaterThan(0);
});

it('charts are drawn for paper while the page is printed, because a shrunk chart has letters too small to read', async () => {
  const { page } = await show(fashionReport());
  const widest = () =>
    page
      .locator('svg.chart')
      .evaluateAll((all) => Math.max(...all.map((one) => Number(one.getAttribute('width')))));
  await expect.poll(widest).toBeGreaterThan(PAPER.width);
  const onScreen = await widest();
  // A browser may print as soon as the event was dispatched.
  const printed = await page.evaluate(() => {
    dispatchEvent(new Event('beforeprint'));
    return [...document.querySelectorAll('svg.chart')].map((one) => Number(one.getAttribute('width')));
  });
  expect(Math.max(...printed)).toBeLessThan(PAPER.width);
  await page.evaluate(() => dispatchEvent(new Event('afterprint')));
  await expect.poll(widest).toBe(onScreen);
});

it('a table that is copied has heads without the marks that explain them', async () => {
  const { page } = await show(fashionReport());
  await unfold(page);
  const heads = await page.evaluate(() => {
    getSelection()!.selectAllChildren(document.querySelector('table:has(.term-mark) thead')!);
    return String(getSelection());
  });
  expect(heads).toContain('\t');
  expect(heads).not.toContain('?');
});

it('the bar of a printed page is above the text and a message below it, not on it', async () => {
  const { page, context } = await openPage(site.browser, site.url);
  await choose(page, { name: 'broken.json', text: '{' });
  await page.locator('.page-problem').waitFor();
  await page.emulateMedia({ media: 'print' });
  await page.locator('#share').scrollIntoViewIfNeeded();
  const { y } = (await page.locator('.bar').boundingBox())!;
  expect(y).toBe(-(await page.evaluate(() => scrollY)));
  await page.evaluate(() => scrollTo(0, 0));
  const text = (await page.locator('#share').boundingBox())!;
  const message = (await page.locator('.page-problem').boundingBox())!;
  expect(message.y).toBeGreaterThan(text.y + text.height);
  await context.close();
});

it('forced colours show which cells are measured, and which share of requests must be in time', async () => {
  const { page, context } = await openPage(site.browser, site.url, { forcedColors: 'active' });
  await openProfile(page);
  // The browser replaces the colours of an element with `auto`. Elements that show their state by colour need `none`.
  const adjust = (selector: string) =>
    page
      .locator(selector)
      .first()
      .evaluate((one) => getComputedStyle(one).getPropertyValue('forced-color-adjust'));
  expect(await adjust('.segments label:has(:checked)')).toBe('none');
  expect(await adjust('.segments label:has(:not(:checked))')).toBe('auto');
  await measureUntil(page, 10);
  expect(await adjust('.cell-scroll .measured')).toBe('none');
  await context.close();
});

it('a translator, which replaces texts so that the page can no longer change them, leaves the page alone', async () => {
  const { page, context } = await openPage(site.browser, site.url);
  await openProfile(page);
  await page.evaluate(() => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const all: Text[] = [];
    while (texts.nextNode()) all.push(texts.currentNode as Text);
    for (const text of all)
      if (text.parentElement!.translate && !text.parentElement!.closest('svg')) {
        const translated = document.createElement('font');
        translated.textContent = text.data;
        text.replaceWith(translated);
      }
  });
  const limit = page.locator('.answer .lead');
  await page.getByRole('spinbutton', { name: 'Time limit (SLA)' }).fill('321');
  await limit.getByText('321').waitFor();
  await context.close();
});
