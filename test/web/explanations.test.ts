import { describe, expect, it } from 'vitest';
import { unfold } from './legible.ts';
import { openProfile } from './opened-page.ts';
import { sharedPage } from './shared-page.ts';

/** The explanations of words of the field. */

const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 390, height: 844 };
const tab = sharedPage(openProfile, undefined, { viewport: WIDE, reducedMotion: 'reduce' });

describe('a word of the field', () => {
  it('is explained where it stands, by keyboard, and Escape closes that', async () => {
    await tab.page.getByText('More about this plan').click();
    const word = tab.page.locator('.answer').getByRole('button', { name: 'PAS', exact: true });
    const explained = tab.page.locator('.explanation:popover-open');
    await word.focus();
    await tab.page.keyboard.press('Enter');
    await explained.waitFor();
    expect(await explained.textContent()).toContain('product of the accuracies');
    await tab.page.keyboard.press('Escape');
    await expect.poll(() => explained.count()).toBe(0);
    expect(await word.evaluate((one) => one === document.activeElement)).toBe(true);
  });

  it('is no longer explained once the focus moves on, but a press on the explanation leaves it open', async () => {
    const word = tab.page.locator('.answer').getByRole('button', { name: 'PAS', exact: true });
    const explained = tab.page.locator('.explanation:popover-open');
    await word.focus();
    await tab.page.keyboard.press('Enter');
    await explained.click();
    expect(await explained.count()).toBe(1);
    await word.focus();
    await tab.page.keyboard.press('Tab');
    await expect.poll(() => explained.count()).toBe(0);
  });

  it('names its question mark, but not the figures of its column', async () => {
    await unfold(tab.page, '#results');
    const marks = await tab.page
      .locator('.term-mark')
      .evaluateAll((all) =>
        all.map((one) => [one.ariaLabel, one.nextElementSibling!.querySelector('strong')!.textContent]),
      );
    expect(marks.length).toBeGreaterThan(20);
    for (const [name, word] of marks) expect(name).toBe(`Explain ${word}`);
    await tab.page.getByRole('columnheader', { name: 'p50', exact: true }).first().waitFor();
  });

  it('has a question mark of at least 24 by 24 pixels, which a finger can press', async () => {
    await unfold(tab.page, '#results');
    const sizes = await tab.page
      .locator('.term-mark:visible')
      .evaluateAll((all) =>
        all.map((one) => one.getBoundingClientRect()).map(({ width, height }) => Math.min(width, height)),
      );
    expect(sizes.length).toBeGreaterThan(20);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(24);
  });

  it('is explained within a narrow window, another one in its place, and on the cards that tables become there', async () => {
    await tab.page.setViewportSize(NARROW);
    const explained = tab.page.locator('.explanation:popover-open');
    for (const word of ['Time limit (SLA)', 'Arrival rate']) {
      await tab.page.getByRole('button', { name: `Explain ${word}` }).click();
      await explained.waitFor();
      expect(await explained.count()).toBe(1);
      const box = (await explained.boundingBox())!;
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(NARROW.width);
    }
    await tab.page.locator('.plan-table').getByRole('button', { name: 'Wait', exact: true }).first().click();
    await expect.poll(() => explained.textContent()).toContain('How long an item waits at most');
    await tab.page.setViewportSize(WIDE);
    await expect
      .poll(() => tab.page.locator('.plan-table').getByRole('button', { name: 'Wait', exact: true }).count())
      .toBe(1);
  });
});
