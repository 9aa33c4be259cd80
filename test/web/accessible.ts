import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright';
import { expect } from 'vitest';
import { unfold } from './legible.ts';

/** The colour scheme changes colours only, so the dark one is only checked with the rules about colours. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block'];

/** A table repeats its rows, so the first ones stand for the rest. */
const REPEATED = 'tbody > tr:nth-child(n + 4):not(.marked)';

/** Opens everything that is folded away, and expects axe to find nothing in either colour scheme. */
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
  }
  expect(found).toEqual([]);
}
