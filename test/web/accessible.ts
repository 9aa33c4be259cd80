import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright';
import { expect } from 'vitest';
import { unfold } from './legible.ts';

/** The colour scheme changes colours only, so the dark one is only checked with the rules about colours. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block'];

/** A table repeats its rows, so the first ones stand for the rest. */
const REPEATED = 'tbody > tr:nth-child(n + 4):not(.marked)';

/** What axe measures contrasts with. Its types leave the colours out. */
interface Axe {
  setup(node: Document): void;
  teardown(): void;
  readonly commons: {
    readonly color: {
      getBackgroundColor(node: Element, seen: Element[]): object | null;
      getForegroundColor(node: Element): object | null;
      getContrast(background: object | null, foreground: object | null): number | null;
    };
  };
}

/** What cannot be used now, and cannot be read well either: axe asks no contrast of it. */
const faint = (page: Page, part = 'body'): Promise<string[]> =>
  page.evaluate((within) => {
    const { setup, teardown, commons } = (globalThis as unknown as { readonly axe: Axe }).axe;
    const { getBackgroundColor, getForegroundColor, getContrast } = commons.color;
    setup(document);
    const found = [
      ...document.querySelectorAll(`${within} :is(button, .button, .chip, select, [type=number])`),
    ]
      .filter((one) => one.matches(':disabled, .disabled, :has(:disabled)') && one.checkVisibility())
      .flatMap((one) => {
        const contrast = getContrast(getBackgroundColor(one, []), getForegroundColor(one));
        return contrast !== null && contrast >= 4.5 ? [] : `${contrast}: ${one.outerHTML}`;
      });
    teardown();
    return found;
  }, part);

/** Opens everything that is folded away, and expects axe to find nothing in either colour scheme, and nothing to be faint. */
export async function expectAccessible(page: Page, part?: string): Promise<void> {
  await unfold(page, part);
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    // The page has no frames, so no results of frames need to be joined.
    const axe = new AxeBuilder({ page })
      .setLegacyMode()
      .options({ resultTypes: ['violations'] })
      .exclude(REPEATED);
    if (part) axe.include(part);
    if (colorScheme === 'dark') axe.withRules(OF_COLOURS);
    for (const { id, impact, nodes } of (await axe.analyze()).violations)
      for (const { html, failureSummary } of nodes)
        found.push(`${colorScheme}: ${id} (${impact}): ${html}\n${failureSummary}`);
    found.push(...(await faint(page, part)).map((one) => `${colorScheme}: contrast of ${one}`));
  }
  expect(found).toEqual([]);
}
