import { readFile } from 'node:fs/promises';
import type { Predictor } from '../../solver/adapt/predictors/predictor.ts';
import { loadPredictor } from './learned.ts';

/** Loads the learned predictor into this process. It needs no worker, because a forecast takes a fraction of a millisecond. */
export async function learnedPredictor(): Promise<Predictor> {
  // The import is dynamic, so that a process that never predicts loads no ONNX Runtime.
  const { createNodeRuntime } = await import('../runtime/ort-node.ts');
  return loadPredictor(await createNodeRuntime(1), 'cpu', (url) => readFile(new URL(url)));
}
