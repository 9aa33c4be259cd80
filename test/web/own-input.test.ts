import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { mainThreadTasks } from '../../bench/page/main-thread.ts';
import { itemsOf } from '../../models/items/item-batch.ts';
import { parsePlan } from '../../solver/documents/plan.ts';
import { loadFashion } from '../workers/fashion.ts';
import { expectAccessible } from './accessible.ts';
import { longestTaskMs } from './main-thread.ts';
import { dropOn, openProfile, planned, saved } from './opened-page.ts';
import { profileOfRealModels } from './real-models.ts';
import { sharedPage } from './shared-page.ts';

/** Gives the page as it ships inputs of the user's own, without a profile or a plan. */

const NARROW_PX = 390;

const opened = sharedPage(async () => {}, undefined, { reducedMotion: 'reduce' });

const button = (name: string) => opened.page.getByRole('button', { name, exact: true });
const steps = () => opened.page.getByRole('list', { name: 'Stage by stage' }).locator('> li');

async function answered(): Promise<string[]> {
  await button('Run your input').click();
  await opened.page.getByText(/^Answered in/).waitFor();
  return steps().allInnerTexts();
}

async function choosePipeline(name: string, stage: string): Promise<void> {
  await opened.page.getByRole('combobox', { name: 'Pipeline', exact: true }).selectOption(name);
  await opened.page.getByRole('region', { name: `Stage ${stage}` }).waitFor();
}

/** Returns a scene of the shipped pack as a PNG file. */
async function scenePicture(): Promise<Uint8Array> {
  const [scene] = itemsOf((await (await loadFashion()).readPack()).items);
  return sharp(scene!, { raw: { width: 128, height: 128, channels: 1 } })
    .png()
    .toBuffer();
}

async function chooseScene(): Promise<void> {
  await opened.page.getByLabel('Choose a picture').setInputFiles({
    name: 'scene.png',
    mimeType: 'image/png',
    buffer: Buffer.from(await scenePicture()),
  });
  await opened.page.getByText('scene.png').waitFor();
}

it("a picture of many megapixels is read without a long task of the page's own thread", async () => {
  const { page, site } = opened;
  const blank = { width: 6000, height: 4000, channels: 3, background: 'green' } as const;
  const buffer = await sharp({ create: blank }).jpeg().toBuffer();
  const tasks = await mainThreadTasks(site.browser, page, async () => {
    const large = { name: 'large.jpg', mimeType: 'image/jpeg', buffer };
    await page.getByLabel('Choose a picture').setInputFiles(large);
    await page.getByText('large.jpg').waitFor();
  });
  const longest = await longestTaskMs(page);
  expect(tasks.filter((ms) => ms > longest)).toEqual([]);
});

describe('a request that waits for its models', () => {
  it('is cancelled at once, and another one with other variants is answered', async () => {
    const { page } = opened;
    await page.route('**/det4.onnx', () => {}); // never answered
    await chooseScene();
    await button('Run your input').click();
    await page.getByText('Loading the models').waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    expect(await focused()).toBe('Cancel');
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('Run your input');
    expect(await steps().count()).toBe(0);
    await page.unroute('**/det4.onnx');
    await page.getByRole('combobox', { name: 'detect on wasm' }).selectOption('det8');
    const [detect] = await answered();
    expect(detect).toMatch(/^detect det8 on wasm/);
    expect(await page.locator('.own [role=alert]').count()).toBe(0);
  });

  it('fails in place where a model cannot be had, and can be sent again', async () => {
    const { page } = opened;
    await page.route('**/det4.onnx', (route) => route.fulfill({ body: 'no model' }));
    await chooseScene();
    await page.getByRole('combobox', { name: 'detect on wasm' }).selectOption('det4');
    await button('Run your input').click();
    await page.locator('.own .problem', { hasText: 'det4.onnx' }).waitFor();
    await page.unroute('**/det4.onnx');
    expect((await answered())[0]).toMatch(/^detect det4 on wasm/);
    expect(await page.locator('.own .problem').count()).toBe(0);
  });
});

describe('a picture of the user', () => {
  it('is answered stage by stage, by the variants that are chosen', async () => {
    const { page } = opened;
    // Another pipeline may take other pictures, so the page drops the one that it has.
    await choosePipeline('mail', 'language');
    await choosePipeline('fashion', 'detect');
    expect(await button('Run your input').isDisabled()).toBe(true);
    await page.getByText('Choose a picture first.').waitFor();
    await dropOn(page, '.own-drop', [{ name: 'scene.png', bytes: await scenePicture() }]);
    await page.getByText('scene.png').waitFor();
    await page.getByRole('combobox', { name: 'detect on wasm' }).selectOption('det16');
    const [detect, classify] = await answered();
    expect(detect).toMatch(/^detect det16 on wasm, 1 picture, [\d.]+\sms/);
    const [, objects] = /(\d+) objects?/.exec(detect!)!;
    expect(Number(objects)).toBeGreaterThan(0);
    expect(classify).toMatch(new RegExp(`^classify linear on wasm, ${objects} pictures?, `));
    const drawn = steps().nth(1).locator('.step-item');
    expect(await drawn.count()).toBe(Number(objects));
    for (const one of await drawn.allInnerTexts()) expect(one).toMatch(/^result\s+[A-Z]/);
    await expectAccessible(page, '#try');
    const usual = page.viewportSize()!;
    await page.setViewportSize({ width: NARROW_PX, height: 900 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(NARROW_PX);
    await page.setViewportSize(usual);

    const black = sharp({ create: { width: 128, height: 128, channels: 3, background: 'black' } });
    await dropOn(page, '.own-drop', [{ name: 'black.png', bytes: await black.png().toBuffer() }]);
    await page.getByText('black.png').waitFor();
    const [nothing, rest] = await answered();
    expect(nothing).toContain('No object found');
    expect(rest).toMatch(/^classify\s+The stage before passed on no picture\.$/);
  });

  it('is refused in place where it is none, and the one before stays', async () => {
    const { page } = opened;
    const choose = (name: string, buffer: Uint8Array) =>
      page
        .getByLabel('Choose a picture')
        .setInputFiles({ name, mimeType: 'image/png', buffer: Buffer.from(buffer) });
    await choose('scene.png', await scenePicture());
    await page.getByText('scene.png').waitFor();
    await choose('notes.png', new TextEncoder().encode('these are notes'));
    const problem = page.locator('.own').getByRole('alert');
    await problem.waitFor();
    expect(await problem.textContent()).toMatch(
      /^notes\.png was not taken\. .*no picture that it can decode. Save it as a JPEG/,
    );
    expect(await button('Run your input').isEnabled()).toBe(true);
    await page.getByText('scene.png').waitFor();
  });
});

describe('while the page measures', () => {
  it('no input runs, and the page says why', async () => {
    const { page } = opened;
    await chooseScene();
    await page.getByRole('group', { name: 'Backends' }).getByLabel('webgpu').uncheck();
    await button('Start').click();
    await page.getByText(/Wait until measuring has ended/).waitFor();
    expect(await button('Run your input').isDisabled()).toBe(true);
    await button('Cancel').click();
    await expect.poll(() => button('Run your input').isEnabled()).toBe(true);
  });
});

describe('a text of the user', () => {
  it('is answered stage by stage and as tensors, by keyboard alone, what is not passed on is told, and it can be a file', async () => {
    const { page } = opened;
    await choosePipeline('mail', 'language');
    await page.getByText('Type a text first.').waitFor();
    const text = page.getByRole('textbox', { name: 'Text' });
    await text.focus();
    await page.keyboard.type('All human beings are born free and equal in dignity and rights.');
    for (let i = 0; i < 4; i++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText(/^Answered in/).waitFor();
    const [language, spam] = await steps().allInnerTexts();
    expect(language).toMatch(/born free.*result\s+eng/s);
    expect(spam).toMatch(/^spam bag on wasm, 1 text, .*result\s+(ham|spam)/s);
    await steps().first().getByText('As tensors').click();
    expect(await steps().first().textContent()).toMatch(/labels\d+scores0\.\d+/);

    await text.fill('Tous les êtres humains naissent libres et égaux en dignité et en droits.');
    const [french, rest] = await answered();
    expect(french).toMatch(/result\s+(?!eng)[a-z]{3}/);
    expect(rest).toMatch(/The stage before passed on no text/);
    await expectAccessible(page, '#try');

    const license = await readFile('LICENSE');
    await page
      .getByLabel('Choose a text file')
      .setInputFiles({ name: 'license.txt', mimeType: 'text/plain', buffer: license.subarray(0, 2000) });
    const [ofFile] = await answered();
    expect(ofFile).toMatch(/GNU GENERAL PUBLIC LICENSE.*result\s+[a-z]{3}/s);

    // A whole book would freeze the page, so the form takes only what the stage takes.
    const book = Buffer.from('déjà vu '.repeat(1_000_000));
    await page
      .getByLabel('Choose a text file')
      .setInputFiles({ name: 'book.txt', mimeType: 'text/plain', buffer: book });
    await page
      .getByText(/^book\.txt was not taken whole: it has 10\.0\sMB, and the stage takes the first/)
      .waitFor();
    expect((await text.inputValue()).length).toBeLessThan(100_000);
    expect(book.toString().startsWith(await text.inputValue())).toBe(true);
  });
});

describe('with a plan', () => {
  it('its variants answer, where it would run them', async () => {
    const { page } = opened;
    await choosePipeline('fashion', 'detect');
    await openProfile(page, await profileOfRealModels());
    await page
      .getByRole('form', { name: 'Plan settings' })
      .getByRole('checkbox', { name: 'webgpu' })
      .uncheck();
    await planned(page);
    const plan = parsePlan(JSON.parse(await saved(page, 'Save plan JSON')), 'the plan');
    await chooseScene();
    const said = await answered();
    expect(said.map((text) => text.split(',')[0])).toEqual(
      plan.stages.map(({ name, variant, backend }) => `${name} ${variant} on ${backend}`),
    );
    expect(plan.stages[0]!.variant).not.toBe('det4');
  });
});
