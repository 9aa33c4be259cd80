import { expect, test, vi } from 'vitest';
import { learnedPredictor } from '../../../../workers/predictor/browser.ts';
import { WorkerLostError } from '../../../../workers/runtime/errors.ts';
import forecasts from './fixtures/forecasts.json' with { type: 'json' };
import { expectNear } from './near.ts';

test('after its worker was lost, another one loads the learned predictor', async () => {
  class LostWorker extends EventTarget {
    postMessage() {
      this.dispatchEvent(new ErrorEvent('error', { message: 'made-up loss' }));
    }
    terminate() {}
  }
  vi.stubGlobal('Worker', LostWorker);
  await expect(learnedPredictor()).rejects.toThrow(WorkerLostError);
  vi.unstubAllGlobals();
  await learnedPredictor();
});

test('the learned predictor says in a page what it says elsewhere', async () => {
  const predictor = await learnedPredictor();
  for (const { countsPerS, ...expected } of forecasts)
    expectNear(await predictor.forecast(countsPerS), expected);
});
