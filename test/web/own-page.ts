import type { Locator } from 'playwright';
import { expect } from 'vitest';
import type { Profile } from '../../solver/documents/profile.ts';
import { type AnyFile, dropOn, type OpenedPage, planned, savedProfile, setUpOnWasm } from './opened-page.ts';

/** Names of the shipped pipeline's classifiers. */
export const FASHION = ['linear', 'mlp64', 'cnn8', 'cnn16', 'res16', 'res32'];

/** An opened page, with the elements and actions by which users bring their own models. */
export class OwnPage {
  constructor(readonly opened: OpenedPage) {}

  get page() {
    return this.opened.page;
  }

  stage = (name: string): Locator => this.page.getByRole('region', { name: `Stage ${name}` });

  /** Names of a stage's variants. */
  names = (stage: string): Promise<string[]> => this.stage(stage).locator('tbody th').allInnerTexts();

  /** The list in which users choose a shipped pipeline or one of their own. */
  chooser = (): Locator => this.page.getByRole('combobox', { name: 'Pipeline', exact: true });

  chosen = (): Promise<string> => this.chooser().inputValue();

  /** Names of the user's own pipelines. */
  ownPipelines = (): Promise<string[]> =>
    this.chooser().locator('optgroup[label="Your own"] option').allInnerTexts();

  /** The text that says what the page is adding, or has added last. */
  status = (): Locator => this.page.locator('.taking [role=status]');

  /** Cancels what the page is adding, and expects that it ends at once and that the page names no problem. */
  async cancelTaking(): Promise<void> {
    await this.page.locator('.taking').getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => this.status().textContent()).toBe('');
    expect(await this.page.locator('.page-problem').count()).toBe(0);
    expect(await this.page.getByRole('button', { name: 'Start', exact: true }).isEnabled()).toBe(true);
  }

  drop = (name: string, files: readonly AnyFile[]): Promise<void> =>
    dropOn(this.page, `[aria-label="Stage ${name}"]`, files);

  openSection = (): Promise<void> => this.page.getByText('Your own models').click();

  async openAddress(address: string): Promise<void> {
    await this.page.getByLabel('Address of a manifest').fill(address);
    await this.page.getByRole('button', { name: 'Open', exact: true }).click();
  }

  /** Deletes the chosen pipeline. */
  deletePipeline = async (name: string): Promise<void> => {
    await this.page.getByRole('button', { name: `Delete pipeline ${name}`, exact: true }).click();
    await this.page.getByRole('button', { name: `Delete pipeline ${name} for good` }).click();
    await expect.poll(() => this.ownPipelines()).not.toContain(name);
  };

  deleteVariant = async (name: string): Promise<void> => {
    await this.page.getByRole('button', { name: `Delete variant ${name}`, exact: true }).click();
    await this.page.getByRole('button', { name: `Delete variant ${name} for good` }).click();
    await expect.poll(() => this.page.getByRole('rowheader', { name }).count()).toBe(0);
    // The button is gone, so its stage has the focus.
    expect(await this.page.evaluate(() => document.activeElement?.ariaLabel)).toMatch(/^Stage /);
  };

  /** Counts the user's files that the page keeps. */
  keptFiles = (): Promise<number> =>
    this.page.evaluate(async () => (await (await caches.open('ipa-edge pipelines')).keys()).length);

  /** Returns whether markup in a name became part of the page or ran. */
  injected = (): Promise<boolean> =>
    this.page.evaluate(() => 'broken' in window || document.querySelector('img') !== null);

  /** Waits until the page says why it refuses something, and closes the message. */
  async refused(why: RegExp): Promise<void> {
    const problem = this.page.locator('.page-problem [role=alert]');
    await problem.waitFor();
    expect(await problem.textContent()).toMatch(why);
    await this.page.locator('.page-problem').getByRole('button', { name: 'Close' }).click();
    await problem.waitFor({ state: 'detached' });
  }

  setUp = (budgetS?: number): Promise<void> => setUpOnWasm(this.page, budgetS);

  start = (): Promise<void> => this.page.getByRole('button', { name: 'Start', exact: true }).click();

  /** Measures and plans. @returns the saved profile */
  async measure(): Promise<Profile> {
    await this.setUp();
    await this.start();
    await this.page.locator('.saved li').first().waitFor();
    await planned(this.page);
    return await savedProfile(this.page);
  }
}
