import type { Browser, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { servePage } from '../../bench/host.ts';
import { type Profile, parseProfile } from '../../solver/documents/profile.ts';
import { identityModel } from '../onnx.ts';
import { type AnyFile, dropOn, type OpenedPage, openPage, planned, saved } from './opened-page.ts';
import { ownModel } from './own-files.ts';
import { openBrowser } from './serve.ts';

/** With the page as it ships: its own workers and stores. Measured on wasm, so that a software adapter does not matter. */

const TIMEOUT_MS = 180_000;
const WAIT = { timeout: 60_000 };
const HOSTILE = '<img src=x onerror="window.broken=1">.onnx';

let browser: Browser;
let served: Awaited<ReturnType<typeof servePage>>;
let opened: OpenedPage;
let page: Page;

beforeAll(async () => {
  [browser, served] = await Promise.all([openBrowser(), servePage(0)]);
});
afterAll(() => Promise.all([browser.close(), served.close()]));
beforeEach(async () => {
  opened = await openPage(browser, served.url);
  page = opened.page;
  await stage('classify').waitFor();
});
afterEach(() => opened.context.close());

const stage = (name: string) => page.getByRole('region', { name: `Stage ${name}` });
const stageSelector = (name: string) => `[aria-label="Stage ${name}"]`;
const variants = (name: string) => stage(name).locator('tbody th').allInnerTexts();
const chooser = () => page.getByRole('combobox', { name: 'Pipeline', exact: true });
const status = () => page.locator('.taking [role=status]');
const problem = () => page.locator('.page-problem [role=alert]');
const unseen = () => page.evaluate(() => 'broken' in window || document.querySelector('img') !== null);

const FASHION = ['linear', 'mlp64', 'cnn8', 'cnn16', 'res16', 'res32'];
const names = async (of: string) => (await variants(of)).map((text) => text.replace(/^\S+\s+/, ''));

const dropOnStage = (name: string, files: AnyFile[]) => dropOn(page, stageSelector(name), files);

/** Files that the page keeps of the user's own. */
const keptFiles = () =>
  page.evaluate(async () => (await (await caches.open('ipa-edge pipelines')).keys()).length);

async function refused(why: RegExp): Promise<void> {
  await problem().waitFor(WAIT);
  expect(await problem().textContent()).toMatch(why);
  await page.getByRole('button', { name: 'Close' }).click();
}

/** Measures on wasm alone, batches 1 and 2, and plans. */
async function measure(): Promise<Profile> {
  await page.getByRole('checkbox', { name: 'webgpu' }).first().uncheck();
  for (const batch of ['4', '8', '16'])
    await page.getByRole('checkbox', { name: batch, exact: true }).uncheck();
  await page.getByLabel('Budget (s)').fill('5');
  await page.getByLabel('Budget (s)').blur();
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page.locator('.saved li').first().waitFor({ timeout: 120_000 });
  await planned(page);
  return parseProfile(JSON.parse(await saved(page, 'Save profile JSON')), 'the saved profile');
}

describe('a model of the user', () => {
  it(
    'is dropped on its stage, measured, planned, and there after a reload without a network',
    async () => {
      await dropOnStage('classify', [await ownModel('cnn8', HOSTILE)]);
      await expect.poll(() => chooser().inputValue(), WAIT).toBe('fashion-own');
      expect(await status().textContent()).toContain(
        'takes image [batch, 1, 28, 28] and gives logits [batch, 10]',
      );
      const own = 'img-src-x-onerror-window.broken-1';
      expect(await names('classify')).toEqual([...FASHION, own]);
      for (const name of ['mlp64', 'cnn16', 'res16', 'res32', 'det8', 'det16']) {
        await page.getByRole('button', { name: `Delete variant ${name}` }).click();
        await expect.poll(() => page.getByRole('rowheader', { name }).count()).toBe(0);
      }
      // The last one of a stage stays.
      expect(
        await stage('detect')
          .getByRole('button', { name: /^Delete variant/ })
          .count(),
      ).toBe(0);

      const profile = await measure();
      expect(profile.pipeline).toBe('fashion-own');
      const [theirs, ours] = ['cnn8', own].map((name) =>
        profile.stages[1]!.variants.find((variant) => variant.name === name),
      );
      expect(ours!.accuracy.published).toBeNull();
      expect(ours!.accuracy.measured).toEqual(theirs!.accuracy.measured);
      expect(ours!.sha256).not.toBe(theirs!.sha256);
      const shown = `${(100 * ours!.accuracy.measured!.value).toFixed(1)}\u00a0%`;
      const row = () => stage('classify').getByRole('row', { name: own });
      expect(await row().textContent()).toContain(shown);

      await expect
        .poll(() => page.locator('.check', { hasText: 'Works offline' }).textContent(), WAIT)
        .toContain('yes');
      await opened.context.setOffline(true);
      await page.reload();
      await planned(page);
      expect(await chooser().inputValue()).toBe('fashion-own');
      expect(await names('classify')).toEqual(['linear', 'cnn8', own]);
      expect(await row().textContent()).toContain(shown);
      await page.getByRole('button', { name: 'Run the plan' }).click();
      await page.locator('#try svg.chart').first().waitFor(WAIT);
      expect(await unseen()).toBe(false);
      expect(opened.complaints).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it('finds its stage where it is dropped anywhere', async () => {
    await dropOn(page, '#plan', [await ownModel('det4', 'mine.onnx'), await ownModel('linear')]);
    await expect.poll(() => names('classify'), WAIT).toEqual([...FASHION, 'linear-2']);
    expect(await names('detect')).toEqual(['det4', 'det8', 'det16', 'mine']);
    expect(await chooser().locator('option').allInnerTexts()).toEqual(['fashion (shipped)', 'fashion-own']);
    expect(opened.complaints).toEqual([]);
  });

  it('that is none is refused, and so is one of another shape; nothing changes', async () => {
    await dropOnStage('classify', [{ name: HOSTILE, bytes: Buffer.from('not a model at all') }]);
    await refused(/<img src=x .* is not an ONNX model/);
    const photo = { name: 'photo.onnx', bytes: identityModel('float32', ['batch', 3, 224, 224]) };
    await dropOnStage('classify', [photo]);
    await refused(/shape of its input should be \[batch, 1, 28, 28\], but is \[batch, 3, 224, 224\]/);
    await dropOn(page, '#plan', [photo]);
    await refused(/fits no stage.*detect: .*\[batch, 1, 128, 128\].*classify: .*\[batch, 1, 28, 28\]/s);
    await dropOnStage('classify', [{ name: 'one.onnx', bytes: identityModel('float32', [1, 1, 28, 28]) }]);
    await refused(/should be \[batch, 1, 28, 28\], but is \[1, 1, 28, 28\]/);
    const cut = await ownModel('res16');
    await dropOnStage('classify', [{ name: 'cut.onnx', bytes: cut.bytes.subarray(0, 90_000) }]);
    await refused(/cut\.onnx/);
    expect(await names('classify')).toEqual(FASHION);
    expect(await chooser().count()).toBe(0);
    expect(await keptFiles()).toBe(0);
    expect(await unseen()).toBe(false);
  });

  it('that is there already is refused, and the ones before it stay', async () => {
    const model = await ownModel('linear');
    await dropOnStage('classify', [model, { ...model, name: 'again.onnx' }]);
    await refused(/again\.onnx is the model classify\/linear-2 to the bit/);
    expect(await names('classify')).toEqual([...FASHION, 'linear-2']);
  });

  it('has no room: that is told, and nothing is kept', async () => {
    const session = await opened.context.newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', {
      origin: new URL(served.url).origin,
      quotaSize: 1000,
    });
    await dropOnStage('classify', [await ownModel('linear')]);
    await refused(/No room left to save/);
    expect(await names('classify')).toEqual(FASHION);
    expect(await keptFiles()).toBe(0);
  });
});
