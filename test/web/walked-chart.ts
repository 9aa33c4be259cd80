import type { Locator, Page } from 'playwright';
import { expect } from 'vitest';

/** Expects that arrow keys lead through a chart's points, and that the tip and the text for screen readers tell of each. */
export async function expectWalked(
  page: Page,
  figure: Locator,
  first: RegExp,
  last: RegExp,
  nth = 0,
): Promise<void> {
  const chart = figure.getByRole('application').nth(nth);
  const told = figure.locator('[aria-live=polite]').nth(nth);
  const tip = chart.locator('[aria-label=tip]');
  // A tip's lines begin with a space of no width.
  const words = (text: string | null) => text?.replace(/[\s\u200b]+/g, ' ').trim();
  await page.mouse.move(0, 0);
  await chart.locator('svg').waitFor();
  await chart.focus();
  await page.keyboard.press('ArrowRight');
  await expect.poll(async () => words(await told.textContent())).toMatch(first);
  const text = words(await told.textContent());
  await expect.poll(async () => words(await tip.textContent())).toBe(text);
  // The tip stays right when a new width makes the chart draw anew.
  const drawnWidth = async () => (await chart.locator('svg').boundingBox())!.width;
  const before = await drawnWidth();
  await page.setViewportSize({ width: 1100, height: 900 });
  await expect.poll(drawnWidth).not.toBe(before);
  await expect.poll(async () => words(await tip.textContent())).toBe(text);
  await page.keyboard.press('End');
  await expect.poll(async () => words(await told.textContent())).toMatch(last);
  await page.keyboard.press('Escape');
  expect(await told.textContent()).toBe('');
  expect(await tip.textContent()).toBe('');
  const { width, height } = (await chart.boundingBox())!;
  for (let at = 0; at < 40 && !(await tip.textContent()); at++)
    await chart.hover({ position: { x: ((at % 20) / 20) * width, y: (at < 20 ? 0.5 : 0.2) * height } });
  expect(await tip.textContent()).not.toBe('');
  await page.setViewportSize({ width: 1280, height: 900 });
}
