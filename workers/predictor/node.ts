import { readFile } from 'node:fs/promises';
import type { Predictor } from '../../solver/adapt/predictors/predictor.ts';
import { loadPredictor } from './learned.ts';

/** The learned predictor, in this process: a forecast takes a fraction of a millisecond. */
export async function learnedPredictor(): Promise<Predictor> {
  // Loaded here, so that who never predicts needs no ONNX Runtime in this process.
  const { createNodeRuntime } = await import('../runtime/ort-node.ts');
  return loadPredictor(await createNodeRuntime(1), 'cpu', (url) => readFile(new URL(url)));
}
