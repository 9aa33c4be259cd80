import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { testFlags } from '../../bench/setup/browser.js';
import { samplesOf } from '../../models/items/audio.ts';
import { splitFields } from '../../models/items/fields.ts';
import { itemsOf } from '../../models/items/item-batch.ts';
import { loadManifest } from '../../models/manifests/load.ts';
import { ROOT } from '../../workers/command/root.ts';
import { tone, wavOf } from '../models/wav.ts';
import { expectAccessible } from './accessible.ts';
import { dropOn, type OpenedPage, openPage } from './opened-page.ts';
import { openWholeBrowser, servedPage } from './serve.ts';
import { sharedPage } from './shared-page.ts';

/** Gives a shipped pipeline sounds and questions of the user's own; the browser's made-up microphone beeps. */

const PIPELINE = 'mini-audio-qa';
/** The sample rate and the longest duration of the pipeline's recordings. */
const RATE_HZ = 16_000;
const LONGEST_S = 6;
const NARROW_PX = 390;

const site = servedPage();
let withMicrophone: Browser;
beforeAll(async () => {
  withMicrophone = await openWholeBrowser([...testFlags(), '--use-fake-device-for-media-stream']);
});
afterAll(() => withMicrophone.close());

async function choosePipeline(page: Page): Promise<void> {
  await page.getByRole('combobox', { name: 'Pipeline', exact: true }).selectOption(PIPELINE);
  await page.getByRole('region', { name: 'Stage transcribe' }).waitFor();
}

async function open(browser: Browser, permissions: string[] = []): Promise<OpenedPage> {
  const opened = await openPage(browser, site.url, { permissions, reducedMotion: 'reduce' });
  onTestFinished(async () => {
    await opened.context.close();
    expect(opened.complaints).toEqual([]);
  });
  await choosePipeline(opened.page);
  return opened;
}

type WithPage = Pick<OpenedPage, 'page'>;

const button = ({ page }: WithPage, name: string) => page.getByRole('button', { name, exact: true });
const steps = ({ page }: WithPage) => page.getByRole('list', { name: 'Stage by stage' }).locator('> li');

async function answered(opened: WithPage, question: string): Promise<string[]> {
  await opened.page.getByText('Type the question first.').waitFor();
  await opened.page.getByRole('textbox', { name: 'Question' }).fill(question);
  await button(opened, 'Run your input').click();
  await opened.page.getByText(/^Answered in/).waitFor();
  return steps(opened).allInnerTexts();
}

/** Waits until the page says beside the input why it refuses a sound. */
async function refused(page: Page, why: RegExp): Promise<void> {
  await expect.poll(() => page.locator('.own').getByRole('alert').textContent()).toMatch(why);
}

/** Returns a recording of the shipped pack as a WAV file. */
async function packedRecording(): Promise<Uint8Array> {
  const path = join(ROOT, 'models', PIPELINE, 'manifest.json');
  const { pipeline, readPack } = await loadManifest(path, (file) => readFile(file));
  const [item] = itemsOf((await readPack()).items);
  return wavOf(samplesOf(splitFields(pipeline.first.format, item!).content), { rateHz: RATE_HZ });
}

describe('a sound file of the user', () => {
  const opened = sharedPage(choosePipeline, undefined, { reducedMotion: 'reduce' });

  it('is transcribed, and a question about it answered', async () => {
    const { page } = opened;
    await page.getByText('Record or choose a sound first.').waitFor();
    await dropOn(page, '.own-drop', [{ name: 'message.wav', bytes: await packedRecording() }]);
    await page.getByRole('img', { name: /^waveform of \d\.\d\ss$/ }).waitFor();
    const [transcribe, answer] = await answered(opened, 'Who is it for?');
    expect(transcribe).toMatch(
      /^transcribe .* on wasm, 1 recording, .*question\s+Who is it for\?.*result\s+\w/s,
    );
    const [, heard] = /result\s+(.*)/.exec(transcribe!)!;
    // The next stage gets the text that the first stage heard.
    expect(answer).toContain(heard!.trim());
    expect(answer).toMatch(/1 text, .*question\s+Who is it for\?.*result\s+\w/s);
    await expectAccessible(page, '#try');
    await page.setViewportSize({ width: NARROW_PX, height: 900 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(NARROW_PX);
  });

  it('is played and stopped by its button', async () => {
    const bytes = wavOf(tone(440, LONGEST_S, RATE_HZ), { rateHz: RATE_HZ });
    await dropOn(opened.page, '.own-drop', [{ name: 'tone.wav', bytes }]);
    // The answer before shows its recording, too.
    const given = (name: string) => opened.page.locator('.own-drop').getByRole('button', { name });
    await given('Play the recording').press('Enter');
    await given('Stop the recording').press('Enter');
    await given('Play the recording').waitFor();
  });

  it('is refused in place where it is longer than the stage takes', async () => {
    const bytes = wavOf(tone(440, LONGEST_S + 1, RATE_HZ), { rateHz: RATE_HZ });
    await dropOn(opened.page, '.own-drop', [{ name: 'long.wav', bytes }]);
    await refused(opened.page, /lasts 7.000 s, and at most 6.000 s are taken/);
  });

  it('is refused in place where no sound is in the file', async () => {
    await dropOn(opened.page, '.own-drop', [{ name: 'notes.mp3', bytes: new TextEncoder().encode('notes') }]);
    await refused(opened.page, /finds no sound that it can decode/);
  });
});

describe('a sound from the microphone', () => {
  it('is recorded with the microphone', async () => {
    const opened = await open(withMicrophone, ['microphone']);
    const { page } = opened;
    const said = (text: string) => page.locator('.own').getByRole('status').getByText(text).waitFor();
    await button(opened, 'Record').press('Enter');
    await said('Recording');
    await expect.poll(() => page.getByRole('timer').textContent()).not.toBe('0 s');
    // The button that ends the recording replaces the pressed one and has the focus, so a second press ends the recording.
    await page.keyboard.press('Enter');
    await page.getByText('your recording').waitFor();
    await said('The recording is taken.');
    expect(await page.evaluate(() => document.activeElement?.closest('section')?.ariaLabel)).toBe('Content');
    const [transcribe] = await answered(opened, 'What is it?');
    expect(transcribe).toMatch(/1 recording/);
  });

  it('is awaited before the input runs, which would be the sound before', async () => {
    const opened = await open(withMicrophone, ['microphone']);
    const bytes = wavOf(tone(440, 1, RATE_HZ), { rateHz: RATE_HZ });
    await dropOn(opened.page, '.own-drop', [{ name: 'tone.wav', bytes }]);
    await opened.page.getByRole('textbox', { name: 'Question' }).fill('What is it?');
    await expect.poll(() => button(opened, 'Run your input').isEnabled()).toBe(true);
    await button(opened, 'Record').click();
    await opened.page.getByText('End the recording first.').waitFor();
    expect(await button(opened, 'Run your input').isEnabled()).toBe(false);
    await button(opened, 'End the recording').click();
    await expect.poll(() => button(opened, 'Run your input').isEnabled()).toBe(true);
  });

  it('is not recorded where another pipeline was chosen while the browser asked for the microphone', async () => {
    const opened = await open(withMicrophone, ['microphone']);
    const { page } = opened;
    const asked = await page.evaluateHandle(() => {
      const { mediaDevices } = navigator;
      const ask = mediaDevices.getUserMedia.bind(mediaDevices);
      const state = { allow: () => {}, tracks: [] as MediaStreamTrack[] };
      const allowed = new Promise<void>((resolve) => {
        state.allow = resolve;
      });
      mediaDevices.getUserMedia = async (wanted) => {
        const stream = await ask(wanted);
        state.tracks = stream.getTracks();
        await allowed;
        // Without its timer, the recording does not end by itself at its longest duration.
        Object.assign(window, { setTimeout: () => 0 });
        return stream;
      };
      return state;
    });
    await button(opened, 'Record').click();
    await expect.poll(() => asked.evaluate(({ tracks }) => tracks.length)).toBe(1);
    await page.getByRole('combobox', { name: 'Pipeline', exact: true }).selectOption('mail');
    await page.getByText('Type a text first.').waitFor();
    await page.getByText('Waiting for the microphone …').waitFor();
    await asked.evaluate(({ allow }) => allow());
    await expect.poll(() => asked.evaluate(({ tracks }) => tracks[0]!.readyState)).toBe('ended');
  });

  it('is not recorded where the browser cannot record, and the microphone is released', async () => {
    const opened = await open(withMicrophone, ['microphone']);
    const streams = await opened.page.evaluateHandle(() => {
      const { mediaDevices } = navigator;
      const ask = mediaDevices.getUserMedia.bind(mediaDevices);
      const given: MediaStream[] = [];
      mediaDevices.getUserMedia = async (wanted) => {
        given.push(await ask(wanted));
        return given.at(-1)!;
      };
      MediaRecorder.prototype.start = () => {
        throw new DOMException('no encoder', 'NotSupportedError');
      };
      return given;
    });
    await button(opened, 'Record').click();
    await refused(opened.page, /this browser cannot record its sound\. Use another browser/);
    expect(await streams.evaluate(([stream]) => stream!.getTracks()[0]!.readyState)).toBe('ended');
  });

  it('is not recorded where the microphone gives none, and the page says so', async () => {
    const opened = await open(withMicrophone, ['microphone']);
    await opened.page.evaluate(() => {
      // A recording without data, whose microphone ends, stands for a microphone that is switched off.
      const { prototype } = MediaRecorder;
      Object.defineProperty(prototype, 'ondataavailable', { set() {} });
      const { start } = prototype;
      prototype.start = function (...args) {
        start.apply(this, args);
        for (const track of this.stream.getTracks()) track.stop();
      };
    });
    await button(opened, 'Record').click();
    await refused(opened.page, /it gave no sound\. Check its switch, then record again/);
    expect(await button(opened, 'Record').isEnabled()).toBe(true);
  });
});

describe('without a microphone', () => {
  it.each([
    ['this device has none', () => open(site.browser, ['microphone'])],
    ['the browser does not allow this page to use it', () => open(withMicrophone)],
  ])('the page says that %s, and what to do', async (why, openIt) => {
    const opened = await openIt();
    await button(opened, 'Record').click();
    await refused(opened.page, new RegExp(`${why}.*or choose a sound file`));
    expect(await button(opened, 'Record').isEnabled()).toBe(true);
  });
});
