import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright';
import { ROOT } from '../../workers/command/root.ts';
import { servePage } from '../runner/host.ts';
import { browserFlags, ensureBrowser } from '../setup/browser.js';

/**
 * Takes screenshots of every state of the page, with real measurements on a small budget: `npm run shots`. They go to
 * out/shots, and the README's two to web/page-light.png and web/page-dark.png.
 */

const OUT = join(ROOT, 'out/shots');
const SCHEMES = ['light', 'dark'] as const;
const WIDTHS = { huge: 2560, wide: 1440, narrow: 360 };
const WAIT = { timeout: 300_000 };
/** Time for the page to redraw its charts after its width has changed. */
const SETTLE_MS = 600;
/** Folder and size of the README's screenshots. */
const README = { folder: join(ROOT, 'web'), width: 1440, height: 860 };
const BROKEN = '{"schema":"ipa-edge/profile@1","createdAt":"yesterday","cells":3}';
/** Load in requests/s, which falls. */
const FALLING = { rates: [...Array(6).fill(12), ...Array(6).fill(6), ...Array(588).fill(3)] };
/** An input of the user's own. */
const MESSAGE = {
  text: 'On Monday three books for Anna Weber arrive in Paris. They say thank you for your help.',
  question: 'Who are the books for?',
};
/** Protobuf key of the field `model_version` in onnx.proto. */
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
  const typed = (name: string) => page.getByRole('spinbutton', { name, exact: true });
  const planned = () => page.locator('.answer[aria-busy=false]:not(.stale)').waitFor(WAIT);
  const fill = async (questions: Record<string, string>) => {
    for (const [name, value] of Object.entries(questions)) await typed(name).fill(value);
    await planned();
  };

  await page.goto(host.url);
  await page.getByRole('button', { name: 'Start', exact: true }).waitFor();
  await page.locator('.check', { hasText: 'Works offline' }).waitFor({ state: 'attached' });
  await pictures(page, '01-first-visit');

  await typed('Budget (s)').fill('90');
  await typed('Budget (s)').blur();
  await page.getByRole('checkbox', { name: '16', exact: true }).uncheck();
  await button('Start').click();
  await page.locator('td.cell.measured').nth(11).waitFor(WAIT);
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  await pictures(page, '02-measuring', '#measure');
  await button('Pause').click();
  await page.locator('.paused').waitFor(WAIT);
  await pictures(page, '03-paused');
  await button('Cancel').click();
  await button(/^Resume \d+/).waitFor(WAIT);
  await pictures(page, '04-cancelled', '#measure');
  await button(/^Resume \d+/).click();
  await page.locator('.answer').waitFor(WAIT);
  await planned();
  await button('Close').click();
  await pictures(page, '05-results', '#results');
  await pictures(page, '06-plan', '#plan');

  const sla = await typed('SLA').inputValue();
  await typed('SLA').fill('1');
  await page.locator('#plan [role=alert]').waitFor(WAIT);
  await pictures(page, '07-infeasible', '#plan');

  // The most accurate plan and a cheaper one, to compare. The low rate lets the cheaper plan share the GPU.
  await fill({ SLA: '500', 'Arrival rate': '1' });
  await button('Pin to compare').click();
  await page.getByRole('form', { name: 'Plan settings' }).getByText('Advanced').click();
  await fill({ 'Weight of cost, β': '0.25' });
  await pictures(page, '08-two-plans', '#plan');
  await readmePictures(page);
  await button('Unpin').click();

  const form = page.getByRole('form', { name: 'Plan settings' });
  await form.getByRole('checkbox', { name: 'webgpu' }).uncheck();
  // Plans for far more requests than arrive, so that the first adaptation step changes the plan.
  await fill({ SLA: '200', 'Arrival rate': '200', 'Weight of cost, β': '0.001' });
  await page.getByRole('combobox', { name: /^Load/ }).selectOption('trace');
  await page.getByLabel('Choose a trace').setInputFiles({
    name: 'falling.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(FALLING)),
  });
  await page.getByRole('checkbox', { name: /Adapt/ }).check();
  await typed('Plan again every (s)').fill('5');
  await pictures(page, '09-to-try', '#try');
  await button('Run the plan').click();
  await page.locator('#try', { hasText: 'switched to' }).waitFor(WAIT);
  await page.waitForTimeout(5000);
  await pictures(page, '10-trying', '#try');
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('button', { name: 'Run the plan' }).waitFor(WAIT);
  await pictures(page, '11-tried', '#try');

  // A second profile with one backend, to compare with.
  await page.locator('.settings summary').getByText('Advanced').click();
  await typed('Seed of the order').fill('2');
  await page.getByRole('checkbox', { name: 'webgpu' }).first().uncheck();
  await typed('Budget (s)').fill('5');
  await typed('Budget (s)').blur();
  await button('Start').click();
  await page.locator('.saved li').nth(1).waitFor(WAIT);
  await page.locator('.saved button[aria-pressed=false]').click();
  await fill({ SLA: sla });
  await page.getByLabel('Compare this profile with').selectOption({ index: 1 });
  await page.locator('.compare .outcome').waitFor();
  await pictures(page, '12-compare', '.compare');
  await pictures(page, '13-share', '#share');

  await page
    .getByLabel('Import profile')
    .setInputFiles({ name: 'broken.json', mimeType: 'application/json', buffer: Buffer.from(BROKEN) });
  await page.locator('.page-problem').waitFor();
  await pictures(page, '14-broken-import', 'body', false);
  await page.locator('.page-problem').getByRole('button', { name: 'Close' }).click();

  const dragged = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['{}'], 'profile.json'));
    return transfer;
  });
  await page.dispatchEvent('main', 'dragenter', { dataTransfer: dragged });
  await page.locator('.drop-zone').waitFor();
  await pictures(page, '15-dropping', 'body', false);
  await page.dispatchEvent('main', 'dragleave', { dataTransfer: dragged });

  await page.getByText('Your own models').click();
  const model = await readFile(join(ROOT, 'models/fashion/det8.onnx'));
  await page.getByLabel('Add models to detect').setInputFiles({
    name: 'mine.onnx',
    mimeType: 'application/octet-stream',
    // Changes the file's hash without changing the model, by a higher model_version.
    buffer: Buffer.concat([model, Buffer.from([MODEL_VERSION_KEY, 2])]),
  });
  await page.getByText('mine is a variant of detect').waitFor(WAIT);
  await pictures(page, '16-own-models', '#measure');

  await page.getByRole('combobox', { name: 'Pipeline', exact: true }).selectOption('mail');
  await page.getByRole('region', { name: 'Stage language' }).waitFor();
  await button('Start').click();
  await page.locator('.opened', { hasText: 'mail' }).waitFor(WAIT);
  await planned();
  await pictures(page, '17-mail', '#measure');
  await page.getByText('Time against size of language').click();
  await pictures(page, '17-mail-results', '#results');
  await page.getByRole('combobox', { name: /^Load/ }).selectOption('constant');
  await typed('Duration (s)').fill('120');
  await button('Run the plan').click();
  await page.locator('.request').nth(5).waitFor(WAIT);
  await button('Hold').click();
  await pictures(page, '18-mail-requests', '#try');
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('button', { name: 'Run the plan' }).waitFor(WAIT);

  await page.getByRole('combobox', { name: 'Pipeline', exact: true }).selectOption('mini-sum-qa');
  await page.getByRole('region', { name: 'Stage summarise' }).waitFor();
  await page.getByRole('textbox', { name: 'Text' }).fill(MESSAGE.text);
  await page.getByRole('textbox', { name: 'Question' }).fill(MESSAGE.question);
  await button('Run your input').click();
  await page.getByText(/^Answered in/).waitFor(WAIT);
  await pictures(page, '19-own-input', '#try');
}

/** Takes screenshots of a part of the page in both colour schemes and all widths, and reports a page wider than its window. */
async function pictures(page: Page, name: string, part = 'body', fullPage = true): Promise<void> {
  for (const [size, width] of Object.entries(WIDTHS))
    for (const scheme of SCHEMES) {
      await setView(page, scheme, width, 900);
      await page.evaluate(() => {
        // In a screenshot taller than the window, a sticky bar would appear in the middle.
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

async function setView(page: Page, colorScheme: (typeof SCHEMES)[number], width: number, height: number) {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.setViewportSize({ width, height });
  // Removes the tooltip at the pointer and the ring around the focus.
  await page.mouse.move(0, 0);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.waitForTimeout(SETTLE_MS);
}

async function readmePictures(page: Page): Promise<void> {
  await page.evaluate(() => document.querySelector('header')!.style.removeProperty('position'));
  for (const scheme of SCHEMES) {
    await setView(page, scheme, README.width, README.height);
    await page.evaluate(() => document.getElementById('plan')!.scrollIntoView());
    await page.waitForTimeout(SETTLE_MS);
    await page.screenshot({ path: join(README.folder, `page-${scheme}.png`) });
  }
}
