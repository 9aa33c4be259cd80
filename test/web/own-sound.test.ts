import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { servePage } from '../../bench/runner/host.ts';
import type { Host } from '../../bench/runner/static-server.ts';
import { browserFlags } from '../../bench/setup/browser.js';
import { samplesOf } from '../../models/items/audio.ts';
import { splitFields } from '../../models/items/fields.ts';
import { itemsOf } from '../../models/items/item-batch.ts';
import { loadManifest } from '../../models/manifests/load.ts';
import { ROOT } from '../../workers/command/root.ts';
import { tone, wavOf } from '../models/wav.ts';
import { expectAccessible } from './accessible.ts';
import { dropOn, type OpenedPage, openPage } from './opened-page.ts';
import { openBrowser } from './serve.ts';

/** Sounds and questions of the user's own, on a shipped pipeline, with the browser's made-up microphone, which beeps. */

const PIPELINE = 'mini-audio-qa';
const MICROPHONE = '--use-fake-device-for-media-stream';
/** Rate and longest duration of the pipeline's recordings. */
const RATE_HZ = 16_000;
const LONGEST_S = 6;
const NARROW_PX = 390;

let host: Host;
beforeAll(async () => {
  host = await servePage(0);
});
afterAll(() => host.close());

async function inBrowser(
  flags: readonly string[],
  permissions: string[],
  work: (opened: OpenedPage) => Promise<void>,
): Promise<void> {
  const browser: Browser = await openBrowser([...browserFlags(), ...flags]);
  try {
    const opened = await openPage(browser, host.url, { permissions, reducedMotion: 'reduce' });
    const { page } = opened;
    await page.getByRole('combobox', { name: 'Pipeline', exact: true }).selectOption(PIPELINE);
    await page.getByRole('region', { name: 'Stage transcribe' }).waitFor();
    await work(opened);
    expect(opened.complaints).toEqual([]);
  } finally {
    await browser.close();
  }
}

const button = ({ page }: OpenedPage, name: string) => page.getByRole('button', { name, exact: true });
const steps = ({ page }: OpenedPage) => page.getByRole('list', { name: 'Stage by stage' }).locator('> li');

async function answered(opened: OpenedPage, question: string): Promise<string[]> {
  await opened.page.getByText('Type the question first.').waitFor();
  await opened.page.getByRole('textbox', { name: 'Question' }).fill(question);
  await button(opened, 'Run your input').click();
  await opened.page.getByText(/^Answered in/).waitFor();
  return steps(opened).allInnerTexts();
}

/** A recording of the shipped pack as a WAV file. */
async function packedRecording(): Promise<Uint8Array> {
  const path = join(ROOT, 'models', PIPELINE, 'manifest.json');
  const { pipeline, readPack } = await loadManifest(path, (file) => readFile(file));
  const [item] = itemsOf((await readPack()).items);
  return wavOf(samplesOf(splitFields(pipeline.first.format, item!).content), { rateHz: RATE_HZ });
}

describe('a sound of the user', () => {
  it('is transcribed, and a question about it answered', () =>
    inBrowser([], [], async (opened) => {
      const { page } = opened;
      await page.getByText('Record or choose a sound first.').waitFor();
      await dropOn(page, '.own-drop', [{ name: 'message.wav', bytes: await packedRecording() }]);
      await page.getByRole('img', { name: /^waveform of \d\.\d\ss$/ }).waitFor();
      const [transcribe, answer] = await answered(opened, 'Who is it for?');
      expect(transcribe).toMatch(
        /^transcribe .* on wasm, 1 recording, .*question\s+Who is it for\?.*result\s+\w/s,
      );
      const [, heard] = /result\s+(.*)/.exec(transcribe!)!;
      // The next stage gets what was heard.
      expect(answer).toContain(heard!.trim());
      expect(answer).toMatch(/1 text, .*question\s+Who is it for\?.*result\s+\w/s);
      await expectAccessible(page, '#try');
      await page.setViewportSize({ width: NARROW_PX, height: 900 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(NARROW_PX);
    }));

  it('is played and stopped by its button', () =>
    inBrowser([], [], async (opened) => {
      const bytes = wavOf(tone(440, 3, RATE_HZ), { rateHz: RATE_HZ });
      await dropOn(opened.page, '.own-drop', [{ name: 'tone.wav', bytes }]);
      await button(opened, 'Play the recording').press('Enter');
      await button(opened, 'Stop the recording').press('Enter');
      await button(opened, 'Play the recording').waitFor();
    }));

  it('is recorded with the microphone', () =>
    inBrowser([MICROPHONE], ['microphone'], async (opened) => {
      await button(opened, 'Record').press('Enter');
      await expect.poll(() => opened.page.getByRole('timer').textContent()).toBe('1 s');
      await button(opened, 'End the recording').press('Enter');
      await opened.page.getByText('your recording').waitFor();
      const [transcribe] = await answered(opened, 'What is it?');
      expect(transcribe).toMatch(/1 recording/);
    }));

  it('is refused in place where it is longer than the stage takes', () =>
    inBrowser([], [], async ({ page }) => {
      const bytes = wavOf(tone(440, LONGEST_S + 1, RATE_HZ), { rateHz: RATE_HZ });
      await dropOn(page, '.own-drop', [{ name: 'long.wav', bytes }]);
      const problem = page.locator('.own').getByRole('alert');
      await problem.waitFor();
      expect(await problem.textContent()).toMatch(/lasts 7.000 s, and at most 6.000 s are taken/);
    }));

  it('is refused in place where no sound is in the file', () =>
    inBrowser([], [], async ({ page }) => {
      await dropOn(page, '.own-drop', [{ name: 'notes.mp3', bytes: new TextEncoder().encode('notes') }]);
      const problem = page.locator('.own').getByRole('alert');
      await problem.waitFor();
      expect(await problem.textContent()).toMatch(/finds no sound that it can decode/);
    }));
});

describe('without a microphone', () => {
  it.each([
    ['this device has none', [], ['microphone']],
    ['this page may not use it', [MICROPHONE], []],
  ])('the page says that %s, and what to do', (why, flags, permissions) =>
    inBrowser(flags, permissions, async (opened) => {
      await button(opened, 'Record').click();
      const problem = opened.page.locator('.own').getByRole('alert');
      await problem.waitFor();
      expect(await problem.textContent()).toMatch(new RegExp(`${why}.*or choose a sound file`));
      expect(await button(opened, 'Record').isEnabled()).toBe(true);
    }),
  );
});
