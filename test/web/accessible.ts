import axe, { type AxeResults, type ElementContext, type RunOptions } from 'axe-core';
import type { Page } from 'playwright';
import { expect } from 'vitest';
import { unfold } from './legible.ts';

/** The colour scheme changes colours only, so the dark one is only checked with the rules about colours. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block'];

/** Table rows that axe skips: the fourth and later ones, unless marked, because the first three stand for them. */
const REPEATED = 'tbody > tr:nth-child(n + 4):not(.marked)';

/** axe in a page, with the functions for colours that axe's types leave out. */
interface Axe {
  run(context: ElementContext, options: RunOptions): Promise<AxeResults>;
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

/** Returns what axe finds in a part of the page, or in all of it. @param rules the rules to check; all of them if absent */
const violations = (
  page: Page,
  part: string | undefined,
  rules: readonly string[] | undefined,
): Promise<string[]> =>
  page.evaluate(
    async ([include, exclude, values]) => {
      const { axe } = globalThis as unknown as { readonly axe: Axe };
      const found = await axe.run(
        { ...(include && { include: [include] }), exclude: [exclude] },
        {
          resultTypes: ['violations'],
          selectors: false,
          ...(values && { runOnly: { type: 'rule', values: [...values] } }),
        },
      );
      return found.violations.flatMap(({ id, impact, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id} (${impact}): ${html}\n${failureSummary}`),
      );
    },
    [part, REPEATED, rules] as const,
  );

/** Returns the disabled controls whose text has too little contrast: axe does not check disabled controls. */
const faint = (page: Page, part = 'body'): Promise<string[]> =>
  page.evaluate((within) => {
    const { setup, teardown, commons } = (globalThis as unknown as { readonly axe: Axe }).axe;
    const { getBackgroundColor, getForegroundColor, getContrast } = commons.color;
    const disabled = [
      ...document.querySelectorAll(`${within} :is(button, .button, .chip, select, [type=number])`),
    ].filter((one) => one.matches(':disabled, .disabled, :has(:disabled)') && one.checkVisibility());
    // axe reads the whole document for its functions of colours, which takes as long as a rule.
    if (disabled.length === 0) return [];
    setup(document);
    const found = disabled.flatMap((one) => {
      const contrast = getContrast(getBackgroundColor(one, []), getForegroundColor(one));
      return contrast !== null && contrast >= 4.5 ? [] : `${contrast}: ${one.outerHTML}`;
    });
    teardown();
    return found;
  }, part);

/** Opens everything that is folded away, and expects that axe finds nothing and no control is faint in either colour scheme. */
export async function expectAccessible(page: Page, part?: string): Promise<void> {
  await unfold(page, part);
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(`${axe.source}; 0`);
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const broken = await violations(page, part, colorScheme === 'dark' ? OF_COLOURS : undefined);
    const unreadable = (await faint(page, part)).map((one) => `contrast of ${one}`);
    found.push(...[...broken, ...unreadable].map((one) => `${colorScheme}: ${one}`));
  }
  expect(found).toEqual([]);
}
