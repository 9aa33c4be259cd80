import type { Page, Route } from 'playwright';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fashionProfile } from './fixtures.ts';
import { choose, frames, type OpenedPage, openPage, profileFile } from './opened-page.ts';
import { servedPage } from './serve.ts';

describe('a pipeline', () => {
  const site = servedPage();
  let opened: OpenedPage;
  let page: Page;
  beforeEach(async () => {
    opened = await openPage(site.browser, site.url);
    page = opened.page;
  });
  afterEach(() => opened.context.close());

  const chooser = () => page.getByRole('combobox', { name: 'Pipeline', exact: true });

  /** Chooses the pipeline `mail`, whose host answers only when the function that this returns is called. */
  async function chooseSlowMail(): Promise<() => Promise<void>> {
    const asked = new Promise<Route>((resolve) => page.route('**/models/mail/manifest.json', resolve));
    await chooser().selectOption('mail');
    const route = await asked;
    return async () => {
      const answered = page.waitForEvent('requestfinished', (request) =>
        request.url().includes('/mail/manifest'),
      );
      await route.continue();
      await answered;
      await frames(page, 60);
    };
  }

  it('that is chosen later is not replaced by one that is longer to load', async () => {
    const answerMail = await chooseSlowMail();
    await chooser().selectOption('mini-nlp');
    await page.locator('.pipeline-title', { hasText: 'for French ones' }).waitFor();
    await answerMail();
    expect(await chooser().inputValue()).toBe('mini-nlp');
    expect(opened.complaints).toEqual([]);
  });

  it('that is chosen stays so in the list while it is loaded, also where one that was chosen before is loaded', async () => {
    const answerMail = await chooseSlowMail();
    await page.route('**/models/mini-nlp/manifest.json', () => {}); // never answered
    await chooser().selectOption('mini-nlp');
    await answerMail();
    expect(await chooser().inputValue()).toBe('mini-nlp');
  });

  it('that cannot be loaded, nor any other, is not named where the models of an opened profile are missed', async () => {
    await choose(page, profileFile(fashionProfile()));
    await page.locator('.saved li.marked').waitFor();
    await page.route('**/models/*/manifest.json', (route) => route.abort());
    await page.reload();
    await page.locator('#results').getByText('The models are not loaded yet.').waitFor();
  });

  it('that cannot be loaded does not look chosen', async () => {
    await page.route('**/models/mail/manifest.json', (route) => route.abort());
    await chooser().selectOption('mail');
    await page.locator('.page-problem', { hasText: 'mail' }).waitFor();
    await frames(page, 2);
    expect(await chooser().inputValue()).toBe('fashion');
  });
});
