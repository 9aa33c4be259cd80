import { type Remote, wrap } from 'comlink';
import type { Predictor } from '../../solver/predictors/predictor.ts';
import type { PredictorApi } from './worker.browser.ts';

let worker: Remote<PredictorApi> | undefined;

/** The learned predictor of a page: in a worker of its own, so that the page stays fluent. */
export async function learnedPredictor(): Promise<Predictor> {
  worker ??= wrap<PredictorApi>(
    new Worker(new URL('./worker.browser.ts', import.meta.url), { type: 'module', name: 'predictor' }),
  );
  const { load, forecast } = worker;
  await load();
  return { name: 'learned', forecast: (countsPerS) => forecast(countsPerS) };
}
