import type { BrowserContextOptions } from 'playwright';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityModel } from '../onnx.ts';
import { dropOn, LONG_S, openPage, planned, takePack } from './opened-page.ts';
import { emptyScene, firstScenes, ownModel, ownScenes } from './own-files.ts';
import { FASHION, OwnPage } from './own-page.ts';
import { servedPage } from './serve.ts';

/** Brings models of the user's own to the page as it ships, and measures on wasm, because a software adapter is slow. */

const HOSTILE = '<img src=x onerror="window.broken=1">.onnx';

const site = servedPage();
let own: OwnPage;

async function open(options?: BrowserContextOptions): Promise<void> {
  own = new OwnPage(await openPage(site.browser, site.url, options));
  await own.stage('classify').waitFor();
}

afterEach(() => own.opened.context.close());

it('a model of the user is dropped on its stage, measured, planned, and there after a reload without a network', async () => {
  await open({ serviceWorkers: 'allow' });
  await takePack(own.page, 'few.bin', await firstScenes(8));
  await own.drop('classify', [await ownModel('cnn8', HOSTILE)]);
  await expect.poll(() => own.status().textContent()).toContain('is a variant of classify');
  expect(await own.chosen()).toBe('fashion-own');
  expect(await own.status().textContent()).toMatch(
    /takes image float32 \[batch, 1, 28, 28\] and gives logits float32 \[batch, 10\]; operators: \d+ \w+/,
  );
  const mine = 'img-src-x-onerror-window.broken-1';
  expect(await own.names('classify')).toEqual([...FASHION, mine]);
  for (const name of ['mlp64', 'cnn16', 'res16', 'res32', 'det8', 'det16']) await own.deleteVariant(name);
  // The last variant of a stage cannot be deleted.
  expect(
    await own
      .stage('detect')
      .getByRole('button', { name: /^Delete variant/ })
      .count(),
  ).toBe(0);

  const profile = await own.measure();
  expect(profile.pipeline).toBe('fashion-own');
  const [theirs, ours] = ['cnn8', mine].map((name) =>
    profile.stages[1]!.variants.find((variant) => variant.name === name),
  );
  expect(ours!.accuracy.published).toBeNull();
  expect(ours!.accuracy.measured).toEqual(theirs!.accuracy.measured);
  expect(ours!.sha256).not.toBe(theirs!.sha256);
  const shown = `${(100 * ours!.accuracy.measured!.value).toFixed(1)}\u00a0%`;
  const row = () => own.stage('classify').getByRole('row', { name: mine });
  expect(await row().textContent()).toContain(shown);

  await expect
    .poll(() => own.page.locator('.check', { hasText: 'Works offline' }).textContent())
    .toContain('yes');
  await own.opened.context.setOffline(true);
  await own.page.reload();
  await planned(own.page);
  expect(await own.chosen()).toBe('fashion-own');
  expect(await own.names('classify')).toEqual(['linear', 'cnn8', mine]);
  expect(await row().textContent()).toContain(shown);
  await own.page.getByLabel('Duration (s)').fill('2');
  await own.page.getByRole('button', { name: 'Run the plan' }).click();
  await own.page.locator('#try svg.chart').first().waitFor();
  expect(await own.injected()).toBe(false);
  expect(own.opened.complaints).toEqual([]);
});

describe('a model of the user', () => {
  beforeEach(() => open());

  it('finds its stage where it is dropped anywhere, and leaves its pipeline pictures of the labelled pack', async () => {
    await dropOn(own.page, '#plan', [await ownModel('det4', 'mine.onnx'), await ownModel('linear')]);
    await expect.poll(() => own.names('classify')).toEqual([...FASHION, 'linear-2']);
    expect(await own.names('detect')).toEqual(['det4', 'det8', 'det16', 'mine']);
    // The page names each model that it added, not only the last one.
    expect(await own.status().textContent()).toMatch(
      /mine is a variant of detect.*linear-2 is a variant of classify/,
    );
    expect(await own.ownPipelines()).toEqual(['fashion-own']);
    // The new pipeline still shows pictures of the labelled pack.
    await own.page.locator('.pictures canvas').first().waitFor();
    expect(await own.page.locator('.pictures-symbol').count()).toBe(0);
    expect(own.opened.complaints).toEqual([]);
  });

  it('is chosen by keyboard, and the focus stays on its stage while the button is disabled, and after', async () => {
    const add = own.page.getByLabel('Add models to classify');
    await add.focus();
    const { name, bytes } = await ownModel('cnn8', 'mine.onnx');
    await add.setInputFiles({ name, mimeType: '', buffer: Buffer.from(bytes) });
    await expect.poll(() => own.names('classify')).toContain('mine');
    expect(await own.page.evaluate(() => document.activeElement?.ariaLabel)).toBe('Stage classify');
  });

  it('that is none is refused, and so is one of another shape; nothing changes', async () => {
    await own.drop('classify', [{ name: HOSTILE, bytes: Buffer.from('not a model at all') }]);
    await own.refused(/<img src=x .* cannot be loaded/);
    const photo = { name: 'photo.onnx', bytes: identityModel('float32', ['batch', 3, 224, 224]) };
    await own.drop('classify', [photo]);
    await own.refused(
      /shape of its input should be \[batch, 1, 28, 28\] or \[batch, 28, 28, 1\], but is \[batch, 3, 224, 224\]/,
    );
    await dropOn(own.page, '#plan', [photo]);
    await own.refused(/fits no stage.*detect: .*\[batch, 1, 128, 128\].*classify: .*\[batch, 1, 28, 28\]/s);
    await own.drop('classify', [{ name: 'one.onnx', bytes: identityModel('float32', [1, 1, 28, 28]) }]);
    await own.refused(/shape of its output should be \[batch, 10\], but is \[1, 1, 28, 28\]/);
    const cut = await ownModel('res16');
    await own.drop('classify', [{ name: 'cut.onnx', bytes: cut.bytes.subarray(0, 90_000) }]);
    await own.refused(/cut\.onnx/);
    expect(await own.names('classify')).toEqual(FASHION);
    expect(await own.ownPipelines()).toEqual([]);
    expect(await own.keptFiles()).toBe(0);
    expect(await own.injected()).toBe(false);
  });

  it('that is there already is refused, and the ones before it stay', async () => {
    const model = await ownModel('linear');
    await own.drop('classify', [model, { ...model, name: 'again.onnx' }]);
    await own.refused(/again\.onnx has the same bytes as the variant classify\/linear-2/);
    expect(await own.names('classify')).toEqual([...FASHION, 'linear-2']);
  });

  it('cannot be kept in a private window: that is told, and the shipped pipeline stays', async () => {
    await own.opened.context.addInitScript(() => {
      CacheStorage.prototype.open = () => Promise.reject(new DOMException('not here', 'SecurityError'));
    });
    await own.page.reload();
    await own.drop('classify', [await ownModel('linear')]);
    await own.refused(/keep no files, as private windows may\. Open the page in a usual window/);
    expect(await own.names('classify')).toEqual(FASHION);
    expect(await own.chosen()).toBe('fashion');
    expect(own.opened.complaints).toEqual([]);
  });

  it('has no room: that is told, and nothing is kept', async () => {
    const session = await own.opened.context.newCDPSession(own.page);
    await session.send('Storage.overrideQuotaForOrigin', {
      origin: new URL(site.url).origin,
      quotaSize: 1000,
    });
    await own.drop('classify', [await ownModel('linear')]);
    await own.refused(/no room left to save/);
    expect(await own.names('classify')).toEqual(FASHION);
    expect(await own.keptFiles()).toBe(0);
  });
});

describe('a pipeline that was changed since its profile was interrupted', () => {
  beforeEach(() => open());
  const resume = () => own.page.getByRole('button', { name: /^Resume/ });

  it('is not offered to be resumed, unless it is as it was again', async () => {
    await takePack(own.page, 'few.bin', await firstScenes(8));
    await own.setUp(LONG_S);
    await own.start();
    await own.page.locator('td.cell.measured').first().waitFor();
    await own.page.getByRole('button', { name: 'Cancel' }).click();
    await resume().waitFor();
    const offered = await resume().textContent();
    expect(offered).toMatch(/^Resume \d+\/18$/);

    await own.drop('classify', [await ownModel('cnn8')]);
    await expect.poll(() => own.names('classify')).toContain('cnn8-2');
    expect(await resume().count()).toBe(0);
    await own.page.reload();
    await expect.poll(() => own.names('classify')).toContain('cnn8-2');
    expect(await resume().count()).toBe(0);
    // While another pipeline is chosen, the page does not know of the change.
    await own.page.getByLabel('Pipeline', { exact: true }).selectOption('mail');
    await resume().click();
    await own.refused(/has changed since its profile was interrupted.* Press Start to measure/);
    await expect.poll(() => own.names('classify')).toContain('cnn8-2');
    await own.deleteVariant('cnn8-2');
    expect(await resume().textContent()).toBe(offered);
  });
});

describe('a model whose check is cancelled', () => {
  beforeEach(() => open());

  it('is not added, nothing is kept, and it can be added later', async () => {
    const held: string[] = [];
    // The runtime, which checks the model, never arrives.
    await own.opened.context.route(/\/assets\/ort/, (route) => {
      held.push(route.request().url());
    });
    const model = await ownModel('linear', 'mine.onnx');
    await own.drop('classify', [model]);
    await expect.poll(() => own.status().textContent()).toContain('Checking mine.onnx');
    await expect.poll(() => held.length).toBeGreaterThan(0);
    expect(await own.page.getByRole('button', { name: 'Start', exact: true }).isDisabled()).toBe(true);
    await own.cancelTaking();
    expect(await own.names('classify')).toEqual(FASHION);
    expect(await own.keptFiles()).toBe(0);
    await own.opened.context.unrouteAll();
    await own.drop('classify', [model]);
    await expect.poll(() => own.names('classify')).toEqual([...FASHION, 'mine']);
    expect(own.opened.complaints).toEqual([]);
  });
});

const pack = () => own.page.getByText(/^Labelled pack, now: /);

describe('a labelled pack of the user', () => {
  beforeEach(() => open());

  it('takes the place of the shipped one, in a pipeline of its own', async () => {
    await own.openSection();
    await takePack(own.page, HOSTILE, ownScenes(4));
    await expect.poll(() => pack().textContent()).toContain(`4 pictures of ${HOSTILE}`);
    expect(await own.injected()).toBe(false);
    expect(await own.chosen()).toBe('fashion-own');
    await own.chooser().selectOption('fashion');
    await expect.poll(() => pack().textContent()).toContain('450 scenes');
    expect(own.opened.complaints).toEqual([]);
  });

  it('that is broken, of other classes, or leaves a stage without items, is refused; nothing is lost', async () => {
    await own.drop('classify', [await ownModel('linear')]);
    await expect.poll(() => own.names('classify')).toContain('linear-2');
    const good = ownScenes(4);
    await dropOn(own.page, '#plan', [{ name: 'cut.bin', bytes: good.subarray(0, good.length / 2) }]);
    await own.refused(/labelled pack cut\.bin is not valid: it is no gzip file, or it is damaged or cut off/);
    await dropOn(own.page, '#plan', [{ name: 'classes.bin', bytes: ownScenes(4, 12) }]);
    await own.refused(/"label\.classify" has class 12 at row 0, but stage "classify" has 10 classes/);
    await dropOn(own.page, '#plan', [{ name: 'empty.bin', bytes: emptyScene() }]);
    await own.refused(/no item of it reaches stage "classify"/);
    await own.openSection();
    expect(await pack().textContent()).toContain('450 scenes');
    expect(await own.names('classify')).toEqual([...FASHION, 'linear-2']);
  });
});
