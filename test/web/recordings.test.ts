import { expect, it } from 'vitest';
import { expectAccessible } from './accessible.ts';
import { serveFewRequests } from './few-scenes.ts';
import { expectLegible } from './legible.ts';
import { openPage, planned, setUpOnWasm } from './opened-page.ts';
import { servedPage } from './serve.ts';

/** Measures and runs a shipped pipeline of recordings and questions on the page, on wasm. */

const site = servedPage(() => serveFewRequests('mini-audio-qa', 8));

it('recordings are measured and run; each is shown with its question, and with what was heard and answered', async () => {
  const { page, context, complaints } = await openPage(site.browser, site.url, {
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
  });
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  await page.getByRole('combobox', { name: 'Pipeline', exact: true }).selectOption('mini-audio-qa');
  await page.getByRole('region', { name: 'Stage transcribe' }).waitFor();
  expect(await page.locator('.pipeline .end').textContent()).toContain('one recording');
  expect(await page.locator('.fan-out').last().textContent()).toContain('every transcript');

  await setUpOnWasm(page);
  await button('Start').click();
  await planned(page);
  expect(await page.locator('#results').textContent()).toContain('exact match');

  await page.getByRole('spinbutton', { name: 'Duration (s)', exact: true }).fill('120');
  await button('Run the plan').click();
  const requests = page.locator('.request');
  await requests.nth(1).waitFor();
  await button('Hold').click();
  const heard = /transcribe[✓≈✗] .*1 − WER [\d.]+\s%/;
  for (const text of await requests.allTextContents()) {
    expect(text).toMatch(/^question.+\?/);
    expect(text).toMatch(heard);
    expect(text).toMatch(/answer[✓≈✗] .*token F1 [\d.]+\s%\d+\.\d\ss[\d.]+\sms$/);
  }
  expect(await requests.getByRole('img', { name: /^waveform of \d+\.\d\ss$/ }).count()).toBe(2);
  await expectAccessible(page, '#try figure:has(.requests)');
  await expectLegible(page);
  await button('Stop').click();
  await page.locator('.outcome').waitFor();
  await expectLegible(page);
  expect(complaints).toEqual([]);
  await context.close();
});
