import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { servePage } from '../../bench/host.ts';
import { loadManifest } from '../../models/load.ts';
import { type Profile, parseProfile } from '../../solver/documents/profile.ts';
import { identityModel } from '../onnx.ts';
import { type AnyFile, dropOn, type OpenedPage, openPage, planned, saved } from './opened-page.ts';
import { garments, ownModel, ownScenes } from './own-files.ts';
import { openBrowser } from './serve.ts';
import { serveStatic } from './static-host.ts';

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

const openOwn = () => page.getByText('Your own models').click();
const pack = () => page.getByText(/^Labelled pack, now: /);

describe('a labelled pack of the user', () => {
  it('takes the place of the shipped one, in a pipeline of its own', async () => {
    await openOwn();
    await page
      .getByLabel('Use another pack')
      .setInputFiles({ name: HOSTILE, mimeType: '', buffer: Buffer.from(ownScenes(4)) });
    await expect.poll(() => pack().textContent(), WAIT).toContain(`4 images of ${HOSTILE}`);
    expect(await unseen()).toBe(false);
    expect(await chooser().inputValue()).toBe('fashion-own');
    await chooser().selectOption('fashion');
    await expect.poll(() => pack().textContent()).toContain('300 scenes');
    expect(opened.complaints).toEqual([]);
  });

  it('that is broken, or of other classes, is refused; nothing is lost', async () => {
    await dropOnStage('classify', [await ownModel('linear')]);
    await expect.poll(() => names('classify'), WAIT).toContain('linear-2');
    const good = ownScenes(4);
    await dropOn(page, '#plan', [{ name: 'cut.bin', bytes: good.subarray(0, good.length / 2) }]);
    await refused(/labelled pack cut\.bin is not valid: it is not a whole gzip file/);
    await dropOn(page, '#plan', [{ name: 'classes.bin', bytes: ownScenes(4, 12) }]);
    await refused(/image 0 has label 12 for stage "classify", which has 10 classes/);
    await openOwn();
    expect(await pack().textContent()).toContain('300 scenes');
    expect(await names('classify')).toEqual([...FASHION, 'linear-2']);
  });
});

describe('a pipeline of the user', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ipa-edge-own-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const laidOut = async (files: readonly AnyFile[]) => {
    for (const { name, bytes } of files) await writeFile(join(folder, name), bytes);
  };
  async function openAddress(address: string): Promise<void> {
    await page.getByLabel('Address of a manifest').fill(address);
    await page.getByRole('button', { name: 'Open', exact: true }).click();
  }
  const CORS = { 'Access-Control-Allow-Origin': '*' };

  it(
    'comes by the address of its manifest, and is measured with its host gone',
    async () => {
      await laidOut(await garments());
      const host = await serveStatic(folder, '/shared/', CORS);
      await openOwn();
      await openAddress(`${host.url}manifest.json`);
      await expect.poll(() => chooser().inputValue(), WAIT).toBe('garments');
      expect(host.asked.length).toBe(4);
      await host.close();
      expect(await names('classify')).toEqual(['linear', 'cnn8']);
      const profile = await measure();
      expect(profile.pipeline).toBe('garments');
      expect(profile.stages[0]!.variants.map(({ accuracy }) => accuracy.published)).toEqual([0.7, null]);
      expect(profile.stages[0]!.variants[1]!.accuracy.measured!.n).toBe(12);
      expect(opened.complaints).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it('is told why, where it cannot be had, and nothing is kept', async () => {
    const [manifest, model, ...rest] = await garments();
    await openOwn();
    await laidOut([manifest!, model!, ...rest]);
    const silent = await serveStatic(folder, '/');
    await openAddress(`${silent.url}manifest.json`);
    await refused(
      /127\.0\.0\.1:\d+ cannot be reached, or does not let other sites read.*Access-Control-Allow-Origin/s,
    );
    await silent.close();

    const host = await serveStatic(folder, '/', CORS);
    await openAddress(`${host.url}other.json`);
    await refused(/other\.json.*cannot be read \(the server answered 404/s);
    await laidOut([{ name: 'trace.json', bytes: Buffer.from('{"schema":"ipa-edge/trace@1"}') }]);
    await openAddress(`${host.url}trace.json`);
    await refused(/"ipa-edge\/manifest@1" is read here/);
    await laidOut([{ name: model!.name, bytes: Buffer.from('another') }]);
    await openAddress(`${host.url}manifest.json`);
    await refused(/linear\.onnx should have SHA-256 [0-9a-f]{64}, but has [0-9a-f]{64}/);
    await rm(join(folder, model!.name));
    await openAddress(`${host.url}manifest.json`);
    await refused(/linear\.onnx, named by .*manifest\.json, cannot be read \(the server answered 404/);
    await host.close();
    expect(await chooser().count()).toBe(0);
    expect(await keptFiles()).toBe(0);
  });

  it('comes as files, under another name where its own is taken, and once only', async () => {
    const files = await garments('fashion');
    await dropOn(page, '#plan', files);
    await expect.poll(() => chooser().inputValue(), WAIT).toBe('fashion-2');
    await dropOn(page, '#plan', await garments());
    await expect.poll(() => chooser().inputValue(), WAIT).toBe('garments');
    await chooser().selectOption('fashion');
    await stage('detect').waitFor();
    await dropOn(page, '#plan', await garments());
    await expect.poll(() => chooser().inputValue(), WAIT).toBe('garments');
    expect(await chooser().locator('option').count()).toBe(3);
    await dropOn(page, '#plan', files.slice(0, 2));
    await refused(/cnn8\.onnx, named by manifest\.json, cannot be read \(it was not among the files/);
    expect(await chooser().inputValue()).toBe('garments');
  });

  it('is saved as one file that the commands take and the page opens, and is deleted for good', async () => {
    await dropOnStage('classify', [await ownModel('linear', 'mine.onnx')]);
    await expect.poll(() => names('classify'), WAIT).toContain('mine');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save pipeline TAR' }).click(),
    ]);
    const archive = await readFile(await download.path());
    await writeFile(join(folder, 'own.tar'), archive);
    await promisify(execFile)('tar', ['-xf', 'own.tar'], { cwd: folder });
    const models = await loadManifest(join(folder, 'fashion-own/manifest.json'), (path) => readFile(path));
    for (const { variants } of models.manifest.stages)
      for (const { file, sha256 } of variants) await models.readVerified(file, sha256);
    expect((await models.readPack()).images.count).toBe(300);

    const remove = page.getByRole('button', { name: /Delete pipeline fashion-own/ });
    await remove.click();
    await remove.click();
    await expect.poll(() => chooser().count()).toBe(0);
    expect(await names('classify')).toEqual(FASHION);
    expect(await keptFiles()).toBe(0);

    await dropOn(page, '#plan', [{ name: 'own.tar', bytes: archive }]);
    await expect.poll(() => chooser().inputValue(), WAIT).toBe('fashion-own');
    expect(await names('classify')).toEqual([...FASHION, 'mine']);
    expect(opened.complaints).toEqual([]);
  });
});
