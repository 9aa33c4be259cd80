import { test } from 'vitest';
import { learnedPredictor } from '../../../../workers/predictor/browser.ts';
import forecasts from './fixtures/forecasts.json' with { type: 'json' };
import { expectNear } from './near.ts';

test('the learned predictor says in a page what it says elsewhere', async () => {
  const predictor = await learnedPredictor();
  for (const { countsPerS, ...expected } of forecasts)
    expectNear(await predictor.forecast(countsPerS), expected);
});
