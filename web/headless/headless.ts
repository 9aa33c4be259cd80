import { type LoadedManifest, loadManifest } from '../../models/manifests/load.ts';
import { exitCodeOf } from '../../solver/documents/coded-error.ts';
import { browserEnvironment } from '../../workers/environment/browser.ts';
import { fileFetcher } from '../../workers/environment/fetch-file.ts';
import type { HeadlessApi, HeadlessDriver, HeadlessReply } from '../../workers/environment/headless.ts';
import { runAdapting } from '../../workers/executor/adaptation.ts';
import type { RunProgress } from '../../workers/executor/run-options.ts';
import { openPlanner } from '../../workers/planner/browser.ts';
import { learnedPredictor } from '../../workers/predictor/browser.ts';
import { measureOperators } from '../../workers/profiler/operators.ts';
import { measureProfile } from '../../workers/profiler/profile.ts';
import type { ProfileProgress } from '../../workers/profiler/types.ts';
import type { Store } from '../../workers/store/store.ts';

/** The page that commands drive in a headless browser. It runs the modules of the profiling page without showing anything. */

const driver = globalThis as unknown as HeadlessDriver;

/** Forwards each call to the store of the process that drives this page, so that nothing is lost when the browser ends. */
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
): Promise<HeadlessReply<T>> {
  controller = new AbortController();
  try {
    return { ok: await work(await loadManifest(manifestUrl, fileFetcher()), controller.signal) };
  } catch (error) {
    const { name, message } = error as Error;
    return { error: { name, message, exitCode: exitCodeOf(error) } };
  }
}

const onProgress = (progress: ProfileProgress | RunProgress) => driver.ipaEdgeProgress(progress);
const environment = browserEnvironment();

const api: HeadlessApi = {
  whyUnavailable: environment.unavailable,
  profile: (manifestUrl, settings) =>
    answer(
      (models, signal) => measureProfile({ models, environment, store, settings, signal, onProgress }),
      manifestUrl,
    ),
  run: (manifestUrl, { load: sent, adaptation, ...what }) =>
    answer((models, signal) => {
      const load = { ...sent, arrivalsMs: Float64Array.from(sent.arrivalsMs) };
      const options = { ...what, load, models, environment, signal, onProgress };
      return runAdapting(adaptation, { openPlanner, learnedPredictor }, options);
    }, manifestUrl),
  operators: (manifestUrl, key) =>
    answer((models, signal) => measureOperators(models, environment, key, signal), manifestUrl),
  abort: () => controller.abort(new DOMException('Stopped by its driver.', 'AbortError')),
};

(globalThis as { ipaEdge?: HeadlessApi }).ipaEdge = api;
