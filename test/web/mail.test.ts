import { expect, it } from 'vitest';
import { expectAccessible } from './accessible.ts';
import { serveFewRequests } from './few-scenes.ts';
import { expectLegible } from './legible.ts';
import { openPage, planned, savedProfile, setUpOnWasm } from './opened-page.ts';
import { servedPage } from './serve.ts';

/** Measures and runs the shipped pipeline of texts on the page, on wasm. */

const site = servedPage(() => serveFewRequests('mail', 40));

it('a pipeline of texts is chosen, measured, planned and run; each text is shown with what the stages say of it', async () => {
  const { page, context, complaints } = await openPage(site.browser, site.url, {
    viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce',
  });
  const button = (name: string) => page.getByRole('button', { name, exact: true });

  await page.getByRole('combobox', { name: 'Pipeline', exact: true }).selectOption('mail');
  const language = page.getByRole('region', { name: 'Stage language' });
  await language.waitFor();
  expect(await page.locator('.pipeline .end').textContent()).toContain('one text');
  expect(await page.locator('.fan-out').last().textContent()).toContain('only items of class eng');
  expect(await language.textContent()).toContain('Input of a model: int64 [batch, 32]');

  await setUpOnWasm(page);
  await button('Start').click();
  await planned(page);
  const { pipeline, fanOut } = await savedProfile(page);
  expect(pipeline).toBe('mail');
  // The first stage passes each text on, or does not.
  expect(new Set(fanOut.flatMap(({ counts }) => counts))).toEqual(new Set([0, 1]));
  expect(await page.locator('.fan-out').last().textContent()).toMatch(/0\.\d.* items/);

  await page.getByRole('spinbutton', { name: 'Duration (s)', exact: true }).fill('120');
  await button('Run the plan').click();
  const requests = page.locator('.request');
  await requests.nth(1).waitFor();
  await button('Hold').click();
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
  await expectAccessible(page, '#try figure:has(.requests)');
  // The requests that Hold keeps in sight stay while the run goes on.
  expect(await requests.first().locator('.request-text').textContent()).toBe(shown[0]!.text);

  await expectLegible(page);
  // Keys scroll a long text.
  const text = requests.first().locator('.request-text');
  await text.evaluate((one) => one.append('\n'.repeat(99)));
  await text.press('End');
  await expect.poll(() => text.evaluate(({ scrollTop }) => scrollTop)).toBeGreaterThan(0);
  await button('Stop').click();
  await page.locator('.outcome').waitFor();
  await expectLegible(page);
  expect(complaints).toEqual([]);
  await context.close();
});
