import { wrap } from 'comlink';
import type { Predictor } from '../../solver/adapt/predictors/predictor.ts';
import { rawWorker } from '../environment/browser.ts';
import { offerCode } from '../runtime/shared-code.ts';
import { Lifeline } from '../stage/lifeline.ts';
import type { PredictorApi } from './worker.browser.ts';

let started: ReturnType<typeof start> | undefined;

function start() {
  const worker = new Worker(new URL('./worker.browser.ts', import.meta.url), {
    type: 'module',
    name: 'predictor',
  });
  offerCode(worker);
  const raw = rawWorker(worker);
  const lifeline = new Lifeline('predictor', raw);
  void lifeline.lost.then(() => {
    started = undefined;
  });
  return { api: wrap<PredictorApi>(raw.endpoint), lifeline };
}

/**
 * Opens the learned predictor of a page, in a web worker of its own, so that the page stays responsive. If the worker was lost,
 * its forecasts reject, and the next call of `learnedPredictor` starts another worker.
 * @throws WorkerLostError; an `Error` that names the problem if the model cannot be read, because its class is lost on the way
 */
export async function learnedPredictor(): Promise<Predictor> {
  started ??= start();
  const { api, lifeline } = started;
  await lifeline.call(api.load());
  return { name: 'learned', forecast: (countsPerS) => lifeline.call(api.forecast(countsPerS)) };
}
