import type { Page } from 'playwright';
import { expect } from 'vitest';

const SMALLEST_PX = 12;
/** Width of a window of 1280 px whose content is enlarged to 400 %. */
const NARROWEST_PX = 320;
/** The tolerance for a size in rem, which the browser rounds. */
const ROUNDING_PX = 0.01;

/** Opens everything that is folded away. @param part a selector of what is opened */
export const unfold = (page: Page, part = 'body'): Promise<void> =>
  page.evaluate((within) => {
    for (const fold of document.querySelectorAll<HTMLDetailsElement>(`${within} details`)) fold.open = true;
  }, part);

/** Returns the texts whose letters are too small, each with its size in px. */
const smallTexts = (page: Page): Promise<string[]> =>
  page.evaluate((smallest) => {
    const small: string[] = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      const parent = node.parentElement!;
      if (!node.textContent!.trim() || !parent.checkVisibility({ visibilityProperty: true })) continue;
      const scale = parent instanceof SVGGraphicsElement ? parent.getScreenCTM()!.a : 1;
      const size = scale * Number.parseFloat(getComputedStyle(parent).fontSize);
      if (size < smallest) small.push(`${node.textContent}: ${size} px`);
    }
    return small;
  }, SMALLEST_PX - ROUNDING_PX);

/** Expects that the page is no wider than its window. */
const expectFits = (page: Page): Promise<void> =>
  expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThan(1);

/** Opens everything that is folded away, and expects large enough letters, and a page that fits the narrowest window, too. */
export async function expectLegible(page: Page): Promise<void> {
  await unfold(page);
  const before = page.viewportSize()!;
  for (const width of [before.width, NARROWEST_PX]) {
    await page.setViewportSize({ ...before, width });
    // The check is repeated, because charts take a moment to fit a new width.
    await expect.poll(() => smallTexts(page)).toEqual([]);
    await expectFits(page);
  }
  await page.setViewportSize(before);
}
