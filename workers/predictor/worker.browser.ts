import { expose } from 'comlink';
import type { Predictor } from '../../solver/adapt/predictors/predictor.ts';
import { createWebRuntime } from '../runtime/ort-web.ts';
import { takeCode } from '../runtime/shared-code.ts';
import { loadPredictor } from './learned.ts';

let predictor: Promise<Predictor> | undefined;

async function load(): Promise<Predictor> {
  return loadPredictor(await createWebRuntime(1), 'wasm', async (url) => {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  });
}

const api = {
  async load(): Promise<void> {
    predictor ??= load();
    // After a failure the next call loads the model again.
    predictor.catch(() => {
      predictor = undefined;
    });
    await predictor;
  },
  forecast: async (countsPerS: readonly number[]) => (await predictor!).forecast(countsPerS),
};

export type PredictorApi = typeof api;

takeCode();
expose(api);
