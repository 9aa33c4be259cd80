import type { Browser, Page } from 'playwright';
import { CodedError } from '../../solver/documents/coded-error.ts';
import { type IdentifiedProfile, parseProfile } from '../../solver/documents/profile.ts';
import { parseRunReport, type RunReport } from '../../solver/documents/report.ts';
import type { Answer, HeadlessApi, HeadlessRun, PlainError } from '../../workers/environment/headless.ts';
import type { Load } from '../../workers/executor/load.ts';
import type { RunProgress } from '../../workers/executor/run-options.ts';
import type { ProfileProgress, ProfileSettings } from '../../workers/profiler/types.ts';
import type { Store } from '../../workers/store/store.ts';
import { browserFlags, ensureBrowser } from '../setup/browser.js';
import { MANIFEST_URL, serveManifest } from './host.ts';

/** The browser ended while it was needed: it crashed or was killed. */
export class BrowserLostError extends Error {
  override name = 'BrowserLostError';
  constructor(options?: ErrorOptions) {
    super(
      'The browser ended while it was working. What was finished is kept: run the same command again to go on.',
      options,
    );
  }
}

/** An error from inside the page, with the name, message and exit code that it had there. */
export class PageError extends CodedError {
  readonly #exitCode: number;

  constructor({ name, message, exitCode }: PlainError) {
    super(message);
    this.name = name;
    this.#exitCode = exitCode;
  }

  override get exitCode(): number {
    return this.#exitCode;
  }
}

export interface HeadlessOptions {
  readonly manifestPath: string;
  /** Where the page keeps its journal. */
  readonly store: Store;
  readonly signal: AbortSignal;
  onProgress(progress: ProfileProgress | RunProgress): void;
}

/** A headless Chromium on the built page, with a manifest's models. */
export class Headless {
  private constructor(
    private readonly browser: Browser,
    private readonly page: Page,
    private readonly signal: AbortSignal,
    private readonly closeHost: () => Promise<void>,
  ) {}

  /** @throws BrowserNotFoundError, and what {@link serveManifest} throws */
  static async open(options: HeadlessOptions): Promise<Headless> {
    const host = await serveManifest(options.manifestPath);
    try {
      const executablePath = await ensureBrowser(console.error);
      // Signals are handled by the command, which lets the page finish its run first.
      const { chromium } = await import('playwright');
      const browser = await chromium.launch({
        executablePath,
        args: browserFlags(),
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
      });
      const page = await browser.newPage();
      await page.exposeFunction('ipaEdgeProgress', options.onProgress);
      await page.exposeFunction('ipaEdgeStore', (method: keyof Store, args: unknown[]) =>
        (options.store[method] as (...args: unknown[]) => unknown)(...args),
      );
      await page.goto(`${host.url}headless.html`);
      return new Headless(browser, page, options.signal, host.close);
    } catch (error) {
      await host.close();
      throw error;
    }
  }

  async profile(settings: ProfileSettings): Promise<IdentifiedProfile> {
    const { profile, sha256 } = unwrap(await this.#ask('profile', [MANIFEST_URL, settings]));
    return { profile: parseProfile(profile, "the page's profile"), sha256 };
  }

  async run({ load, ...what }: Omit<HeadlessRun, 'load'> & { load: Load }): Promise<RunReport> {
    const asked: HeadlessRun = { ...what, load: { ...load, arrivalsMs: [...load.arrivalsMs] } };
    return parseRunReport(unwrap(await this.#ask('run', [MANIFEST_URL, asked])), "the page's report");
  }

  async close(): Promise<void> {
    await this.browser.close().catch(() => {});
    await this.closeHost();
  }

  /** @throws BrowserLostError */
  async #ask<M extends 'profile' | 'run'>(
    method: M,
    args: Parameters<HeadlessApi[M]>,
  ): Promise<Awaited<ReturnType<HeadlessApi[M]>>> {
    const page = this.page;
    const abort = () =>
      void page.evaluate(() => (globalThis as unknown as Exposed).ipaEdge.abort()).catch(() => {});
    this.signal.addEventListener('abort', abort);
    let crashed = false;
    page.once('crash', () => {
      crashed = true;
    });
    try {
      return (await page.evaluate(
        ([name, given]) =>
          ((globalThis as unknown as Exposed).ipaEdge[name] as (...a: unknown[]) => unknown)(...given),
        [method, args] as const,
      )) as Awaited<ReturnType<HeadlessApi[M]>>;
    } catch (cause) {
      if (crashed || page.isClosed() || !this.browser.isConnected()) throw new BrowserLostError({ cause });
      throw cause;
    } finally {
      this.signal.removeEventListener('abort', abort);
    }
  }
}

interface Exposed {
  readonly ipaEdge: HeadlessApi;
}

/** @throws PageError with the name it had in the page */
function unwrap<T>(answer: Answer<T>): T {
  if ('error' in answer) throw new PageError(answer.error);
  return answer.ok;
}
