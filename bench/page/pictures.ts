import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { ROOT } from '../../workers/command/root.ts';

/** Pictures of parts of the page, in all widths and both colour schemes. */

/** The folder of the pictures, and of the profiles that they show. */
export const OUT = join(ROOT, 'out/shots');
const SCHEMES = ['light', 'dark'] as const;
const WIDTHS = { wide: 1440, middle: 768, narrow: 390 };
/** Folder and size of the README's pictures. */
const README = { folder: join(ROOT, 'web'), width: 1440, height: 860 };

/** Takes pictures of a part of the page, and reports a page that is wider than its window. */
export async function pictures(page: Page, name: string, part = 'body', fullPage = true): Promise<void> {
  await mkdir(OUT, { recursive: true });
  for (const [size, width] of Object.entries(WIDTHS)) {
    await setWidth(page, width, 900);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.evaluate(() => {
        // In a picture taller than the window, the sticky header would appear in the middle. Without scroll padding for the
        // header, a part that is as high as the window is in sight as a whole.
        document.querySelector('header')!.style.position = 'static';
        document.documentElement.style.scrollPadding = '0';
        window.scrollTo(0, 0);
      });
      const path = join(OUT, `${name}-${size}-${colorScheme}.png`);
      if (part === 'body') await page.screenshot({ path, fullPage });
      else await page.locator(part).screenshot({ path });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      console.log(wide > width ? `${path}: ${wide - width} px too wide` : path);
    }
  }
}

/** Takes the pictures of the README: the section Plan. */
export async function readmePictures(page: Page): Promise<void> {
  await setWidth(page, README.width, README.height);
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.evaluate(() => document.getElementById('plan')!.scrollIntoView());
    await page.screenshot({ path: join(README.folder, `page-${colorScheme}.png`) });
  }
}

/** Sets the size of the window, and waits until every visible chart is as wide as its container. */
async function setWidth(page: Page, width: number, height: number): Promise<void> {
  await page.setViewportSize({ width, height });
  // Removes the tooltip at the pointer and the ring around the focus.
  await page.mouse.move(0, 0);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.waitForFunction(() =>
    [...document.querySelectorAll('.chart-host')].every((host) => {
      const drawn = host.querySelector(':scope > svg')?.getAttribute('width');
      return !drawn || host.clientWidth === 0 || Math.abs(Number(drawn) - host.clientWidth) <= 1;
    }),
  );
}
