import sharp from 'sharp';
import { expect, it } from 'vitest';
import { CHANNELS, DETECTORS, files, manifest, objects, pixelsOf, SIDE } from '../mixed-pipeline.ts';
import { dropOn, openPage } from './opened-page.ts';
import { OwnPage } from './own-page.ts';
import { servedPage } from './serve.ts';

const site = servedPage();

/** Returns the first picture of the pack as a PNG file. */
const picture = (): Promise<Buffer> => {
  const channels = pixelsOf(0);
  const pixels = Array.from({ length: SIDE * SIDE }, (_, at) =>
    CHANNELS.map((_, channel) => channels[channel * SIDE * SIDE + at]!),
  );
  return sharp(Uint8Array.from(pixels.flat()), { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .png()
    .toBuffer();
};

it('variants of one stage with sizes and formats of their own are measured, planned and answer a picture', async () => {
  const own = new OwnPage(await openPage(site.browser, site.url));
  const { page } = own;
  await own.stage('classify').waitFor();
  await dropOn(page, '#plan', [
    { name: 'manifest.json', bytes: Buffer.from(JSON.stringify(manifest)) },
    ...Array.from(files, ([name, bytes]) => ({ name, bytes })),
  ]);
  await expect.poll(() => own.chosen()).toBe('mixed');
  const profile = await own.measure();
  expect(
    profile.stages.map(({ variants }) => variants.map(({ accuracy }) => accuracy.measured?.value)),
  ).toEqual([
    [1, 1, 1],
    [1, 1],
  ]);
  const shown = await page.locator('#plan .answer').textContent();
  expect(shown).toMatch(new RegExp(`detect[^]*(${DETECTORS.join('|')})[^]*classify[^]*(small|large)`));

  await page
    .getByLabel('Choose a picture')
    .setInputFiles({ name: 'quarters.png', mimeType: 'image/png', buffer: await picture() });
  const found = objects.filter(({ image }) => image === 0).map(({ name }) => name);
  for (const detector of DETECTORS) {
    await page.getByRole('combobox', { name: 'detect on wasm' }).selectOption(detector);
    await page.getByRole('button', { name: 'Run your input', exact: true }).click();
    const steps = page.getByRole('list', { name: 'Stage by stage' }).locator('> li');
    await expect.poll(() => steps.first().textContent()).toContain(`${detector} on wasm`);
    await page.getByText(/^Answered in/).waitFor();
    const classes = await steps.nth(1).locator('.step-item').allInnerTexts();
    expect(classes.map((text) => /result\s+(\w+)/.exec(text)?.[1]).sort()).toEqual([...found].sort());
  }
  expect(own.opened.complaints).toEqual([]);
  await own.opened.context.close();
});
