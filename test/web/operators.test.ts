import type { Page } from 'playwright';
import { describe, expect, it } from 'vitest';
import { expectAccessible } from './accessible.ts';
import { cellsOfNode, fashionProfile } from './fixtures.ts';
import { choose, holdAfter, profileFile } from './opened-page.ts';
import { profileOfRealModels } from './real-models.ts';
import { servePageWithTestEngine } from './serve.ts';
import { sharedPage } from './shared-page.ts';

/** The section "Where the time goes" of the results. */

const NARROW_PX = 390;

const panel = (page: Page) => page.getByRole('region', { name: 'Where the time goes' });
const time = (page: Page) => panel(page).getByRole('button', { name: 'Time its operators' });

async function ask(page: Page, variant: string, backend: string, batch: string): Promise<void> {
  await panel(page).getByRole('combobox', { name: 'Variant' }).selectOption(variant);
  await panel(page).getByRole('combobox', { name: 'Backend' }).selectOption(backend);
  await panel(page).getByRole('combobox', { name: 'Batch' }).selectOption(batch);
  await time(page).click();
}

describe('the operators of a variant', () => {
  const opened = sharedPage(async (page) => choose(page, profileFile(await profileOfRealModels())));

  it('are timed on demand, and shown with their shares beside the median without the profiler', async () => {
    const { page } = opened;
    await ask(page, 'classify/cnn8', 'wasm', '2');
    const table = panel(page).getByRole('region', { name: 'Operators by time' });
    await table.waitFor();
    expect(await panel(page).textContent()).toMatch(
      /classify\/cnn8 on wasm, batch 2: operators took [\d.,]+\sms of [\d.,]+\sms a batch.*after a warm-up, while ONNX Runtime recorded the operators \(measured without recording: median [\d.,]+\sms\)/,
    );
    const rows = await table.locator('tbody tr').allTextContents();
    expect(rows.some((row) => /^\w*Conv\d/.test(row))).toBe(true);
    const shares = rows.map((row) => Number(/([\d.]+)\s%$/.exec(row.trim())![1]));
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(100, 0);
    await expectAccessible(page, '[aria-labelledby=operators-title]');
    await page.setViewportSize({ width: NARROW_PX, height: 900 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(NARROW_PX);
  });

  it('cannot be timed where the models of the profile are not those of the pipeline, and the page says so', async () => {
    const { page } = opened;
    await choose(page, profileFile(fashionProfile()));
    await panel(page)
      .getByText(
        'This browser can run none of the models of this profile with the pipeline fashion. The pipeline has changed since',
      )
      .waitFor();
    await choose(page, profileFile({ ...fashionProfile(), pipeline: 'gone' }));
    await panel(page)
      .getByText('This browser no longer has the pipeline gone, or never had it: open its files')
      .waitFor();
    expect(await time(page).count()).toBe(0);
  });
});

describe('where the runtime does not help', () => {
  const opened = sharedPage((page) => choose(page, profileFile(fashionProfile())), servePageWithTestEngine);

  it('the page says what is missing, cancels, and tells of an error in place', async () => {
    const { page } = opened;
    await ask(page, 'detect/det4', 'webgpu', '1');
    await panel(page).getByText('without the WebGPU feature timestamp-query').waitFor();

    await ask(page, 'detect/det4', 'wasm', '1');
    await panel(page).getByText('Running detect/det4 on wasm, batch 1 …').waitFor();
    expect(await panel(page).getByText('timestamp-query').count()).toBe(0);
    expect(await time(page).isDisabled()).toBe(true);
    // The focus follows the one of both buttons that can be pressed.
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    expect(await focused()).toBe('Cancel');
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('Time its operators');
    expect(await time(page).isEnabled()).toBe(true);
    expect(await panel(page).getByRole('alert').count()).toBe(0);

    await ask(page, 'detect/det4', 'wasm', '2');
    await expect.poll(() => panel(page).getByRole('alert').textContent()).toBe('det4.onnx cannot be loaded');
  });

  it('a profile that is begun meanwhile is not disturbed', async () => {
    const { page } = opened;
    await ask(page, 'detect/det4', 'wasm', '1');
    await panel(page).getByText('Running detect/det4').waitFor();
    await holdAfter(page, 1);
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await holdAfter(page, undefined);
    await page.getByRole('button', { name: 'Start', exact: true }).waitFor();
    expect(await panel(page).getByText('Running').count()).toBe(0);
  });

  it('no cell can be timed of a profile of the chosen pipeline that has none on a backend of browsers, and the page says so', async () => {
    const { page } = opened;
    const profile = fashionProfile();
    await choose(page, profileFile({ ...profile, cells: cellsOfNode(profile) }));
    await panel(page)
      .getByText('This profile has no measured cell on a backend that this browser can run.')
      .waitFor();
    expect(await time(page).count()).toBe(0);
  });
});
