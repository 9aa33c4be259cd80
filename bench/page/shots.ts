import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright';
import { shippedFile } from '../../workers/command/root.ts';
import { button, choose, fill, numberField, open, planned, setBudget, stop, withBrowser } from './actions.ts';
import { pictures, readmePictures } from './pictures.ts';

/**
 * Takes pictures of every state of the page, with real measurements on a small budget: `npm run shots` or, for some parts only,
 * `npm run shots plan try`. The pictures go to out/shots, and the README's two to web/page-light.png and web/page-dark.png. A
 * pipeline's profile is measured once and kept in out/shots: delete it to measure anew.
 */

const PARTS: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  first,
  measure,
  results,
  plan,
  try: trying,
  compare,
  files,
  models,
  mail,
  speech,
  input,
  readme,
};
/** Time limit for each state of the page that a picture waits for; even a busy machine needs less. */
const PATIENCE_MS = 300_000;
const BROKEN = '{"schema":"ipa-edge/profile@1","createdAt":"yesterday","cells":3}';
/** Trace with a falling rate, in requests/s. */
const FALLING = { rates: [...Array(6).fill(12), ...Array(6).fill(6), ...Array(588).fill(3)] };
const MESSAGE = {
  text: 'On Monday three books for Anna Weber arrive in Paris. They say thank you for your help.',
  question: 'Who are the books for?',
};
/** Protobuf key of the field `model_version` in onnx.proto. */
const MODEL_VERSION_KEY = 0x28;

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0)
  throw new Error(`There is no part ${unknown.join(', ')}. Parts: ${Object.keys(PARTS).join(', ')}.`);

await withBrowser(async (browser, url) => {
  for (const name of asked.length > 0 ? asked : Object.keys(PARTS)) {
    // Only the first part shows that the page works offline, for which the service worker fetches tens of MB.
    const context = await browser.newContext({ serviceWorkers: name === 'first' ? 'allow' : 'block' });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    await page.goto(url);
    await page.locator('#share').waitFor();
    await PARTS[name]!(page);
    await context.close();
  }
});

async function first(page: Page): Promise<void> {
  await page.locator('.check', { hasText: 'Works offline' }).waitFor({ state: 'attached' });
  await pictures(page, '01-first-visit');
}

async function measure(page: Page): Promise<void> {
  await setBudget(page, '90');
  await button(page, 'Start').click();
  await page.locator('td.cell.measured').nth(11).waitFor();
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  await pictures(page, '02-measuring', '#measure');
  await button(page, 'Pause').click();
  await page.locator('.paused').waitFor();
  await pictures(page, '03-paused');
  await button(page, 'Cancel').click();
  await button(page, /^Resume \d+/).waitFor();
  await pictures(page, '04-cancelled', '#measure');
}

async function results(page: Page): Promise<void> {
  await open(page, 'fashion');
  await pictures(page, '05-results', '#results');
}

async function plan(page: Page): Promise<void> {
  await open(page, 'fashion');
  await pictures(page, '06-plan', '#plan');
  await numberField(page, 'Time limit (SLA)').fill('1');
  await page.locator('#plan [role=alert]').waitFor();
  await pictures(page, '07-infeasible', '#plan');

  // The page compares a plan for few requests with a plan for many.
  await fill(page, { 'Time limit (SLA)': '500', 'Arrival rate': '1' });
  await button(page, 'Pin to compare').click();
  await fill(page, { 'Time limit (SLA)': '100', 'Arrival rate': '200' });
  await takeFewer(page);
  await planned(page);
  await pictures(page, '08-two-plans', '#plan');
}

/** The README shows the example, because its figures are the same on every machine. */
async function readme(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Look at an example', exact: true }).click();
  await planned(page);
  await fill(page, { 'Time limit (SLA)': '100', 'Arrival rate': '200' });
  await page.getByRole('application', { name: /^Accuracy for cost/ }).waitFor();
  await readmePictures(page);
}

/** Accepts the lower rate that the page offers if the rate asked for has no plan. */
async function takeFewer(page: Page): Promise<void> {
  const fewer = page.getByRole('button', { name: /^Use [\d,.]+ requests/ });
  if ((await fewer.count()) > 0) await fewer.click();
}

async function trying(page: Page): Promise<void> {
  await open(page, 'fashion');
  const form = page.getByRole('form', { name: 'Plan settings' });
  await form.getByRole('checkbox', { name: 'webgpu' }).uncheck();
  // Plans for 200 requests/s or, if this device cannot serve as many, for the highest rate that it can. Fewer requests arrive, so
  // the first adaptation step changes the plan.
  await form.getByText('Advanced').click();
  await fill(page, { 'Arrival rate': '200', 'Weight of cost, β': '0.001' });
  await takeFewer(page);
  await page.getByRole('combobox', { name: /^Load/ }).selectOption('trace');
  await page.getByLabel('Choose a trace').setInputFiles({
    name: 'falling.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(FALLING)),
  });
  await page.getByRole('checkbox', { name: /Adapt/ }).check();
  await numberField(page, 'Plan again every (s)').fill('5');
  await pictures(page, '09-to-try', '#try');
  await button(page, 'Run the plan').click();
  await page.locator('#try', { hasText: 'switched to' }).waitFor();
  await page.locator('.request').nth(1).waitFor();
  await pictures(page, '10-trying', '#try');
  await stop(page);
  await pictures(page, '11-tried', '#try');
}

async function compare(page: Page): Promise<void> {
  await open(page, 'fashion');
  // Measures a second profile, on one backend, with which the page compares the first.
  await page.locator('.settings summary').getByText('Advanced').click();
  await numberField(page, 'Seed of the order').fill('2');
  await page.getByRole('checkbox', { name: 'webgpu' }).first().uncheck();
  await setBudget(page, '5');
  await button(page, 'Start').click();
  await page.locator('.saved li').nth(1).waitFor();
  await page.locator('.done').getByRole('button', { name: 'Close' }).click();
  await page.getByLabel('Compare this profile with').selectOption({ index: 1 });
  await page.locator('.compare .outcome').waitFor();
  await pictures(page, '12-compare', '.compare');
  await pictures(page, '13-share', '#share');
}

async function files(page: Page): Promise<void> {
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
}

async function models(page: Page): Promise<void> {
  await page.getByText('Your own models').click();
  const model = await readFile(shippedFile('fashion', 'det8.onnx'));
  await page.getByLabel('Add models to detect').setInputFiles({
    name: 'mine.onnx',
    mimeType: 'application/octet-stream',
    // Changes the file's hash without changing the model, by a higher model_version.
    buffer: Buffer.concat([model, Buffer.from([MODEL_VERSION_KEY, 2])]),
  });
  await page.getByText('mine is a variant of detect').waitFor();
  await pictures(page, '16-own-models', '#measure');
}

async function mail(page: Page): Promise<void> {
  await sections(page, 'mail', '17-mail');
  await page.getByRole('combobox', { name: /^Load/ }).selectOption('constant');
  await numberField(page, 'Duration (s)').fill('120');
  await button(page, 'Run the plan').click();
  await page.locator('.request').nth(1).waitFor();
  await button(page, 'Hold').click();
  await pictures(page, '18-mail-requests', '#try');
  await stop(page);
}

async function speech(page: Page): Promise<void> {
  await sections(page, 'mini-audio-qa', '19-speech');
}

async function input(page: Page): Promise<void> {
  await choose(page, 'mini-sum-qa');
  await page.getByRole('textbox', { name: 'Text' }).fill(MESSAGE.text);
  await page.getByRole('textbox', { name: 'Question' }).fill(MESSAGE.question);
  await button(page, 'Run your input').click();
  await page.getByText(/^Answered in/).waitFor();
  await pictures(page, '20-own-input', '#try');
}

/** Takes pictures of every section, with a profile of a pipeline. */
async function sections(page: Page, pipeline: string, name: string): Promise<void> {
  await open(page, pipeline);
  for (const fold of await page.getByText(/^Time against size of /).all()) await fold.click();
  for (const section of ['measure', 'results', 'plan', 'try', 'share'])
    await pictures(page, `${name}-${section}`, `#${section}`);
}
