import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Profile } from '../../solver/documents/profile.ts';
import { brightestChannel } from '../onnx.ts';
import { planned, saved, setUpOnWasm } from './opened-page.ts';
import { openedPage } from './serve.ts';

/** Pipelines that the page makes of models and labelled data, without a manifest. */

const tab = openedPage();
let folder: string;

/** A model whose value for each class is the mean of a channel. @param notes metadata of its exporter */
const channels = (notes: Readonly<Record<string, string>> = {}) => ({
  name: 'channels.onnx',
  mimeType: '',
  buffer: Buffer.from(
    brightestChannel(
      { type: 'float32', dims: ['batch', 3, 8, 8] },
      1,
      { type: 'float32', dims: ['batch', 3] },
      notes,
    ),
  ),
});

/** Makes pictures in a folder for each colour, in the order of the model's channels. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ipa-edge-colours-'));
  for (const [name, background] of Object.entries({
    '1 red': '#d02010',
    '2 green': '#10c020',
    '3 blue': '#1020e0',
  })) {
    await mkdir(join(folder, 'colours', name), { recursive: true });
    for (const i of [1, 2])
      await writeFile(
        join(folder, 'colours', name, `${i}.png`),
        await sharp({ create: { width: 20 * i, height: 16, channels: 3, background } })
          .png()
          .toBuffer(),
      );
  }
});
afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => {
  await tab.page.getByText('Your own models', { exact: true }).click();
  await form().waitFor();
});

const form = () => tab.page.getByRole('region', { name: 'A new pipeline without a manifest' });
const told = () => tab.page.locator('.taking');
const chooseModel = () => form().getByLabel('Choose models').setInputFiles(channels());

describe('models of pictures', () => {
  it('become a pipeline with the pictures of a folder by class', async () => {
    await chooseModel();
    await form()
      .getByText(
        'channels.onnx takes image float32 [batch, 3, 8, 8] and gives out float32 [batch, 3]; operators: 2 Cast',
      )
      .waitFor();
    await form().getByLabel('Choose a folder of labelled data').setInputFiles(join(folder, 'colours'));
    await told()
      .getByText(/The pipeline channels is made.*measuring uses 6 pictures of colours/)
      .waitFor();
    expect(await tab.page.locator('.stage').textContent()).toContain('channels');
  });

  it('without labels are measured for their times alone, and the page says so', async () => {
    await chooseModel();
    await form().getByRole('button', { name: 'Go on without labels' }).click();
    await told()
      .getByText(/this page measures its times but no accuracy, so plans are by latency and cost alone/)
      .waitFor();
    // The budget is long enough to measure both batch sizes.
    await setUpOnWasm(tab.page, 5);
    await tab.page.getByRole('button', { name: 'Start', exact: true }).click();
    await planned(tab.page);
    const { cells } = JSON.parse(await saved(tab.page, 'Save profile JSON')) as Profile;
    expect(cells.map(({ batch, state }) => `${batch} ${state}`)).toEqual(['1 measured', '2 measured']);
    const answer = await tab.page.locator('.answer').textContent();
    expect(answer).toContain('accuracy unknown: planned by latency and cost alone');
    expect(answer).not.toMatch(/accuracy 100/i);
    const verdict = await tab.page.locator('#results .verdict-card').textContent();
    expect(verdict).toContain('Accuracy unknown: planned by latency and cost alone.');
  });

  it('get a picture of the user as a pack has it: of a wide one its centre', async () => {
    const names = "{0: 'red', 1: 'green', 2: 'blue'}";
    await form().getByLabel('Choose models').setInputFiles(channels({ names }));
    await form().getByRole('button', { name: 'Go on without labels' }).click();
    await told().getByText('The pipeline channels is made').waitFor();
    const red = { create: { width: 16, height: 16, channels: 3 as const, background: '#d02010' } };
    const wide = sharp(red).extend({ left: 16, right: 16, background: '#1020e0' });
    const content = tab.page.getByRole('region', { name: 'Content' });
    await content.getByText('Its centre is resized to').waitFor();
    const buffer = await wide.png().toBuffer();
    await content
      .getByLabel('Choose a picture')
      .setInputFiles({ name: 'wide.png', mimeType: 'image/png', buffer });
    await tab.page.getByRole('button', { name: 'Run your input', exact: true }).click();
    const step = tab.page.getByRole('list', { name: 'Stage by stage' }).locator('.step-item');
    await step.getByText(/^red\b/).waitFor();
  });

  it('of other classes than the folders have are refused, and why is said', async () => {
    await rm(join(folder, 'colours', '3 blue'), { recursive: true });
    await chooseModel();
    await form().getByLabel('Choose a folder of labelled data').setInputFiles(join(folder, 'colours'));
    const alert = tab.page.locator('.page-problem [role=alert]');
    await alert.getByText(/tells 3 classes apart, and 2 are given/).waitFor();

    // A model that names its classes itself needs no folder for each of them.
    const names = "{0: '1 red', 1: '2 green', 2: '3 blue'}";
    await form().getByLabel('Choose models').setInputFiles(channels({ names }));
    await form().getByLabel('Choose a folder of labelled data').setInputFiles(join(folder, 'colours'));
    await told()
      .getByText(/The pipeline channels is made.*measuring uses 4 pictures of colours/)
      .waitFor();
  });
});
