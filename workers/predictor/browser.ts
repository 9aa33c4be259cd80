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
  const { endpoint, gone, terminate } = rawWorker(worker);
  gone.then(() => {
    terminate();
    started = undefined;
  });
  return { api: wrap<PredictorApi>(endpoint), lifeline: new Lifeline('predictor', gone) };
}

/**
 * The learned predictor of a page, in a web worker of its own, so that the page stays responsive. If the worker was lost, the
 * next call starts another one.
 * @throws MissingFileError, ChecksumError, WorkerLostError
 */
export async function learnedPredictor(): Promise<Predictor> {
  started ??= start();
  const { api, lifeline } = started;
  await lifeline.call(api.load());
  return { name: 'learned', forecast: (countsPerS) => lifeline.call(api.forecast(countsPerS)) };
}
