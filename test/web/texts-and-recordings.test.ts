import { expect, it } from 'vitest';
import { expectAccessible } from './accessible.ts';
import { serveFewRequests } from './few-scenes.ts';
import { expectLegible } from './legible.ts';
import { type OpenedPage, openPage, planned, savedProfile, setUpOnWasm } from './opened-page.ts';
import { servedPage } from './serve.ts';

/** Measures and runs shipped pipelines of texts and of recordings on the page, on wasm. */

const texts = servedPage(() => serveFewRequests('mail', 40));
const recordings = servedPage(() => serveFewRequests('mini-audio-qa', 8));

/** Measures and plans a pipeline, runs the plan, and stops the display at the first two requests, while the run goes on. */
async function running(site: typeof texts, pipeline: string, firstStage: string): Promise<OpenedPage> {
  const opened = await openPage(site.browser, site.url, {
    viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce',
  });
  const { page } = opened;
  await page.getByRole('combobox', { name: 'Pipeline', exact: true }).selectOption(pipeline);
  await page.getByRole('region', { name: `Stage ${firstStage}` }).waitFor();
  await setUpOnWasm(page);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await planned(page);
  await page.getByRole('spinbutton', { name: 'Duration (s)', exact: true }).fill('120');
  await page.getByRole('button', { name: 'Run the plan', exact: true }).click();
  await page.locator('.request').nth(1).waitFor();
  await page.getByRole('button', { name: 'Hold', exact: true }).click();
  return opened;
}

/** Expects that everybody can read the requests and, after the run is stopped, its result. */
async function readable({ page }: OpenedPage): Promise<void> {
  await expectAccessible(page, '#try figure:has(.requests)');
  await expectLegible(page);
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.locator('.outcome').waitFor();
  await expectLegible(page);
}

it('a pipeline of texts is chosen, measured, planned and run; each text is shown with what the stages say of it', async () => {
  const opened = await running(texts, 'mail', 'language');
  const { page, context, complaints } = opened;
  expect(await page.locator('.pipeline .end').textContent()).toContain('one text');
  const passedOn = await page.locator('.fan-out').last().textContent();
  expect(passedOn).toContain('only items of class eng');
  expect(passedOn).toMatch(/0\.\d.* items/);
  expect(await page.getByRole('region', { name: 'Stage language' }).textContent()).toContain(
    'Input of a model: int64 [batch, 32]',
  );
  const { pipeline, fanOut } = await savedProfile(page);
  expect(pipeline).toBe('mail');
  // The first stage passes each text on, or does not.
  expect(new Set(fanOut.flatMap(({ counts }) => counts))).toEqual(new Set([0, 1]));

  const requests = page.locator('.request');
  const shown = await requests.evaluateAll((all) =>
    all.map((one) => ({
      text: one.querySelector('.request-text')!.textContent!,
      answers: [...one.querySelectorAll('.stage-answers > div')].map((answer) => answer.textContent!),
    })),
  );
  for (const { text, answers } of shown) {
    expect(text.length).toBeGreaterThan(20);
    expect(answers).toEqual([
      expect.stringMatching(/^language[✓✗] [a-z]{3}/),
      expect.stringMatching(/^spam([✓✗?] (ham|spam)|– not passed on)/),
    ]);
  }
  // Keys scroll a long text. The requests that Hold keeps in sight stay while the run goes on.
  const text = requests.first().locator('.request-text');
  expect(await text.textContent()).toBe(shown[0]!.text);
  await text.evaluate((one) => one.append('\n'.repeat(99)));
  // A busy Chromium drops a key that comes before it has laid out the longer text.
  const scrolled = async () => {
    await text.press('End');
    return text.evaluate(({ scrollTop }) => scrollTop);
  };
  await expect.poll(scrolled).toBeGreaterThan(0);
  await readable(opened);
  expect(complaints).toEqual([]);
  await context.close();
});

it('recordings are measured and run; each is shown with its question, and with what was heard and answered', async () => {
  const opened = await running(recordings, 'mini-audio-qa', 'transcribe');
  const { page, context, complaints } = opened;
  expect(await page.locator('.pipeline .end').textContent()).toContain('one recording');
  expect(await page.locator('.fan-out').last().textContent()).toContain('every transcript');
  expect(await page.locator('#results').textContent()).toContain('exact match');
  const requests = page.locator('.request');
  const heard = /transcribe[✓≈✗] .*1 − WER [\d.]+\s%/;
  for (const text of await requests.allTextContents()) {
    expect(text).toMatch(/^question.+\?/);
    expect(text).toMatch(heard);
    expect(text).toMatch(/answer[✓≈✗] .*token F1 [\d.]+\s%\d+\.\d\ss[\d.]+\sms$/);
  }
  expect(await requests.getByRole('img', { name: /^waveform of \d+\.\d\ss$/ }).count()).toBe(2);
  await readable(opened);
  expect(complaints).toEqual([]);
  await context.close();
});
