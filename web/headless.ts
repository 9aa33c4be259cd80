import { type LoadedManifest, loadManifest } from '../models/load.ts';
import type { Plan } from '../solver/documents/plan.ts';
import type { Profile } from '../solver/documents/profile.ts';
import type { RunReport } from '../solver/documents/report.ts';
import { browserEnvironment } from '../workers/environment/browser.ts';
import { type RunProgress, run } from '../workers/executor/run.ts';
import type { OverheadRequest, OverheadResult } from '../workers/overhead/measure.ts';
import { profile } from '../workers/profiler/profile.ts';
import type { ProfileProgress, ProfileSettings } from '../workers/profiler/types.ts';
import type { Store } from '../workers/store/store.ts';
import { fetchFile } from './fetch-file.ts';

/** The page that a headless browser is driven through: the same modules as the visible page, and no pictures. */

/** An error as text: its class does not survive the way out of the page. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
}

export type Answer<T> = { readonly ok: T } | { readonly error: PlainError };

export interface HeadlessRun {
  readonly name: string;
  readonly plan: Plan;
  readonly backends: RunReport['backends'];
  readonly load: {
    kind: RunReport['load']['kind'];
    ratePerS: number;
    durationS: number;
    arrivalsMs: number[];
  };
  readonly seed: number;
}

/** What the driver calls. */
export interface HeadlessApi {
  profile(manifestUrl: string, settings: ProfileSettings): Promise<Answer<Profile>>;
  run(manifestUrl: string, what: HeadlessRun): Promise<Answer<RunReport>>;
  /** For the benchmark alone: loaded when it is asked for. */
  overhead(manifestUrl: string, request: OverheadRequest): Promise<Answer<OverheadResult>>;
  /** Ends what is running after the run in flight. */
  abort(): void;
}

/** What the driver offers to the page. */
interface Driver {
  ipaEdgeProgress(progress: ProfileProgress | RunProgress): void;
  ipaEdgeStore(method: keyof Store, args: unknown[]): Promise<unknown>;
}

const driver = globalThis as unknown as Driver;

/** The driver's store, so that nothing is lost with the browser. */
const store = new Proxy({} as Store, {
  get:
    (_, method: keyof Store) =>
    (...args: unknown[]) =>
      driver.ipaEdgeStore(method, args),
});

let controller = new AbortController();

async function answer<T>(
  work: (models: LoadedManifest, signal: AbortSignal) => Promise<T>,
  manifestUrl: string,
): Promise<Answer<T>> {
  controller = new AbortController();
  try {
    return { ok: await work(await loadManifest(manifestUrl, fetchFile), controller.signal) };
  } catch (error) {
    const { name, message } = error as Error;
    return { error: { name, message } };
  }
}

const onProgress = (progress: ProfileProgress | RunProgress) => driver.ipaEdgeProgress(progress);
const environment = browserEnvironment();

const api: HeadlessApi = {
  profile: (manifestUrl, settings) =>
    answer(
      (models, signal) => profile({ models, environment, store, settings, signal, onProgress }),
      manifestUrl,
    ),
  run: (manifestUrl, { load, ...what }) =>
    answer((models, signal) => {
      const arrivalsMs = Float64Array.from(load.arrivalsMs);
      return run({ ...what, load: { ...load, arrivalsMs }, models, environment, signal, onProgress });
    }, manifestUrl),
  overhead: (manifestUrl, request) =>
    answer(async (models) => {
      const { measureInPage } = await import('./overhead.ts');
      return measureInPage(models, environment, request);
    }, manifestUrl),
  abort: () => controller.abort(new DOMException('Stopped by its driver.', 'AbortError')),
};

(globalThis as { ipaEdge?: HeadlessApi }).ipaEdge = api;
