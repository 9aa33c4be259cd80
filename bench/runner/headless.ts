import type { Browser, Page } from 'playwright';
import type { CellKey } from '../../solver/documents/cell.ts';
import { CodedError } from '../../solver/documents/coded-error.ts';
import type { Backend } from '../../solver/documents/common.ts';
import { type IdentifiedProfile, parseProfile } from '../../solver/documents/profile.ts';
import { parseRunReport, type RunReport } from '../../solver/documents/run-report.ts';
import type { ProfilerOptions } from '../../workers/command/profile.ts';
import type {
  HeadlessApi,
  HeadlessReply,
  HeadlessRun,
  PlainError,
} from '../../workers/environment/headless.ts';
import type { Load } from '../../workers/executor/load.ts';
import type { RunProgress } from '../../workers/executor/run-options.ts';
import type { ProfileProgress, ProfileSettings } from '../../workers/profiler/types.ts';
import type { OperatorTimes } from '../../workers/stage/protocol.ts';
import type { Store } from '../../workers/store/store.ts';
import { launchBrowser } from '../setup/browser.js';
import { MANIFEST_URL, servePageWith } from './host.ts';

/** The browser crashed or was killed during a command. */
class BrowserLostError extends Error {
  override name = 'BrowserLostError';
  constructor(options?: ErrorOptions) {
    super(
      'The browser crashed or was closed while it was working. Finished measurements are kept: run the same command again to continue.',
      options,
    );
  }
}

/** An error thrown in the page, with its name, message and exit code. */
class PageError extends CodedError {
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

/** The run to make. The page gets it as plain data, a {@link HeadlessRun}. */
export type RunSpec = Omit<HeadlessRun, 'load'> & { readonly load: Load };

export interface HeadlessOptions extends ProfilerOptions {
  onProgress(progress: ProfileProgress | RunProgress): void;
}

/** A headless Chromium in which the headless page has the models of one manifest. */
export class Headless {
  private constructor(
    private readonly unlessLost: UnlessLost,
    private readonly openPage: () => Promise<Page>,
    private readonly page: Page,
    private readonly signal: AbortSignal,
    readonly close: () => Promise<void>,
  ) {}

  /** @throws BrowserNotFoundError, BrowserStartError, BrowserLostError, and errors of {@link servePageWith} */
  static async open(options: HeadlessOptions): Promise<Headless> {
    const host = await servePageWith(options.manifestPath, options.signal);
    let browser: Browser | undefined;
    const close = async () => {
      await browser?.close().catch(() => {});
      await host.close();
    };
    try {
      // After Ctrl-C the command lets the page store what it has measured, so the browser must ignore the signal.
      const ownSignals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
      browser = await launchBrowser(ownSignals, options.signal);
      let lose = () => {};
      const lost = new Promise<never>((_, reject) => {
        lose = () => reject(new BrowserLostError());
      });
      // The browser may be lost while no call waits for it, and is lost in the end, when it is closed.
      lost.catch(() => {});
      browser.once('disconnected', lose);
      const launched = browser;
      const unlessLost: UnlessLost = (call) =>
        Promise.race([lost, call]).catch((cause) => {
          const isLost = !launched.isConnected() || cause.message.includes('Target crashed');
          throw isLost ? new BrowserLostError({ cause }) : cause;
        });
      const newPage = async () => {
        const page = await launched.newPage();
        page.once('crash', lose);
        await page.exposeFunction('ipaEdgeProgress', options.onProgress);
        await page.exposeFunction('ipaEdgeStore', (method: keyof Store, args: unknown[]) =>
          (options.store[method] as (...args: unknown[]) => unknown)(...args),
        );
        await page.goto(`${host.url}headless.html`).catch(async (error) => {
          // Playwright may report a failed navigation before the crash that caused it; a crashed page evaluates nothing.
          await page.evaluate('').catch(() => {});
          throw error;
        });
        return page;
      };
      const openPage = () => unlessLost(newPage());
      return new Headless(unlessLost, openPage, await openPage(), options.signal, close);
    } catch (error) {
      await close();
      throw error;
    }
  }

  readonly whyUnavailable = (backend: Backend): Promise<string | null> =>
    this.#call('whyUnavailable', [backend]);

  async profile(settings: ProfileSettings): Promise<IdentifiedProfile> {
    const { profile, sha256 } = unwrap(await this.#call('profile', [MANIFEST_URL, settings]));
    return { profile: parseProfile(profile, "the page's profile"), sha256 };
  }

  /**
   * Runs a plan in a page of its own. V8 counts, for each page, how long each function of ONNX Runtime has run: after a profile and
   * other runs, it would optimise the large functions that start a worker, and that takes a core for seconds of the run.
   */
  async run({ load, ...rest }: RunSpec): Promise<RunReport> {
    const asked: HeadlessRun = { ...rest, load: { ...load, arrivalsMs: [...load.arrivalsMs] } };
    const page = await this.openPage();
    try {
      const answer = await this.#call('run', [MANIFEST_URL, asked], page);
      // The page knows only that it was stopped, not why.
      if ('error' in answer) this.signal.throwIfAborted();
      return parseRunReport(unwrap(answer), "the page's report");
    } finally {
      await page.close().catch(() => {});
    }
  }

  async operators(key: CellKey): Promise<OperatorTimes> {
    const answer = await this.#call('operators', [MANIFEST_URL, key]);
    // The page knows only that it was stopped, not why.
    this.signal.throwIfAborted();
    return unwrap(answer);
  }

  /** @throws BrowserLostError, and the signal's reason if it is aborted already */
  async #call<M extends Exclude<keyof HeadlessApi, 'abort'>>(
    method: M,
    args: Parameters<HeadlessApi[M]>,
    page = this.page,
  ): Promise<Awaited<ReturnType<HeadlessApi[M]>>> {
    // Ctrl-C may come while the browser starts; a listener on a signal that is aborted already is never called.
    this.signal.throwIfAborted();
    const abort = () =>
      void page.evaluate(() => (globalThis as unknown as Exposed).ipaEdge.abort()).catch(() => {});
    this.signal.addEventListener('abort', abort);
    try {
      const call = page.evaluate(
        ([name, given]) =>
          ((globalThis as unknown as Exposed).ipaEdge[name] as (...a: unknown[]) => unknown)(...given),
        [method, args] as const,
      );
      return (await this.unlessLost(call)) as Awaited<ReturnType<HeadlessApi[M]>>;
    } finally {
      this.signal.removeEventListener('abort', abort);
    }
  }
}

/**
 * Waits for a call to a browser. If the browser or its page is lost meanwhile, Playwright may reject the call with an error of its
 * own, or never answer it.
 * @throws BrowserLostError, and the errors of the call
 */
type UnlessLost = <T>(call: Promise<T>) => Promise<T>;

interface Exposed {
  readonly ipaEdge: HeadlessApi;
}

/** @throws PageError if the page returned an error */
function unwrap<T>(answer: HeadlessReply<T>): T {
  if ('error' in answer) throw new PageError(answer.error);
  return answer.ok;
}
