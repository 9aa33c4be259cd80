import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright';
import { ROOT } from '../workers/command/root.ts';
import { servePage } from './host.ts';
import { browserFlags, ensureBrowser } from './setup/browser.js';

/** Pictures of every state of the page, measured for real with a small budget: `npm run shots`, into out/shots. */

const OUT = join(ROOT, 'out/shots');
const SCHEMES = ['light', 'dark'] as const;
const WIDTHS = { wide: 1440, narrow: 360 };
const WAIT = { timeout: 300_000 };
/** Charts are drawn anew for another width. */
const SETTLE_MS = 600;
/** The README's pictures. */
const README = { width: 1440, height: 760 };
const BROKEN = '{"schema":"ipa-edge/profile@1","createdAt":"yesterday","cells":3}';
/** Of the field `model_version` in onnx.proto. */
const MODEL_VERSION_KEY = 0x28;

await mkdir(OUT, { recursive: true });
const host = await servePage(0);
const browser = await chromium.launch({
  executablePath: await ensureBrowser(console.error),
  args: browserFlags(),
});
try {
  await shoot(await browser.newPage());
} finally {
  await browser.close();
  await host.close();
}

async function shoot(page: Page): Promise<void> {
  const button = (name: string | RegExp) => page.getByRole('button', { name }).first();
  const planned = () => page.locator('.answer[aria-busy=false]:not(.stale)').waitFor(WAIT);

  await page.goto(host.url);
  await page.getByRole('button', { name: 'Start', exact: true }).waitFor();
  await page.locator('.check').first().waitFor();
  await pictures(page, '01-first-visit');

  await page.getByLabel('Budget (s)').fill('90');
  await page.getByLabel('Budget (s)').blur();
  await page.getByRole('checkbox', { name: '16', exact: true }).uncheck();
  await button('Start').click();
  await page.locator('td.cell.measured').nth(11).waitFor(WAIT);
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  await pictures(page, '02-measuring', '#measure');
  await button('Pause').click();
  await page.locator('.paused').waitFor(WAIT);
  await pictures(page, '03-paused');
  await button('Resume').click();
  await planned();
  await pictures(page, '04-results', '#results');
  await pictures(page, '05-plan', '#plan');

  const sla = page.getByRole('spinbutton', { name: 'SLA', exact: true });
  const worked = await sla.inputValue();
  await sla.fill('1');
  await page.locator('#plan [role=alert]').waitFor(WAIT);
  await pictures(page, '06-infeasible', '#plan');
  await sla.fill(worked);
  await planned();

  await page.getByLabel('Duration (s)').fill('600');
  await button('Run the plan').click();
  await page.locator('.scene').nth(5).waitFor(WAIT);
  await page.waitForTimeout(5000);
  await pictures(page, '07-trying', '#try');
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('button', { name: 'Run the plan' }).waitFor(WAIT);
  await pictures(page, '08-tried', '#try');

  // Another profile, of one backend, to compare with.
  await page.getByLabel('Seed of the order').fill('2');
  await page.getByRole('checkbox', { name: 'webgpu' }).first().uncheck();
  await page.getByLabel('Budget (s)').fill('5');
  await page.getByLabel('Budget (s)').blur();
  await button('Start').click();
  await page.locator('.saved li').nth(1).waitFor(WAIT);
  await page.locator('.saved button[aria-pressed=false]').click();
  await planned();
  await page.getByLabel('Compare this profile with').selectOption({ index: 1 });
  await page.locator('.compare .outcome').waitFor();
  await pictures(page, '09-compare', '.compare');
  await pictures(page, '10-share', '#share');
  await readmePictures(page);

  await page
    .getByLabel('Import profile')
    .setInputFiles({ name: 'broken.json', mimeType: 'application/json', buffer: Buffer.from(BROKEN) });
  await page.locator('.page-problem').waitFor();
  await pictures(page, '11-broken-import', 'body', false);

  await page.getByText('Your own models').click();
  const model = await readFile(join(ROOT, 'models/fashion/det8.onnx'));
  await page.getByLabel('Add models to detect').setInputFiles({
    name: 'mine.onnx',
    mimeType: 'application/octet-stream',
    // Of a later version: another file, the same model.
    buffer: Buffer.concat([model, Buffer.from([MODEL_VERSION_KEY, 2])]),
  });
  await page.getByText('mine is a variant of detect').waitFor(WAIT);
  await pictures(page, '12-own-models', '#measure');
}

/** A part of the page in both schemes and widths; it must fit its width. */
async function pictures(page: Page, name: string, part = 'body', fullPage = true): Promise<void> {
  for (const [size, width] of Object.entries(WIDTHS))
    for (const scheme of SCHEMES) {
      await look(page, scheme, width, 900);
      await page.evaluate(() => {
        // A picture of more than a window has the bar at its top, not across it.
        document.querySelector('header')!.style.position = 'static';
        window.scrollTo(0, 0);
      });
      const path = join(OUT, `${name}-${size}-${scheme}.png`);
      if (part === 'body') await page.screenshot({ path, fullPage });
      else await page.locator(part).screenshot({ path });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      console.log(wide > width ? `${path}: ${wide - width} px too wide` : path);
    }
}

async function look(page: Page, colorScheme: (typeof SCHEMES)[number], width: number, height: number) {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.setViewportSize({ width, height });
  await page.waitForTimeout(SETTLE_MS);
}

async function readmePictures(page: Page): Promise<void> {
  await page.evaluate(() => document.querySelector('header')!.style.removeProperty('position'));
  for (const scheme of SCHEMES) {
    await look(page, scheme, README.width, README.height);
    await page.evaluate(() => document.getElementById('plan')!.scrollIntoView());
    await page.waitForTimeout(SETTLE_MS);
    await page.screenshot({ path: join(OUT, `page-${scheme}.png`) });
  }
}
