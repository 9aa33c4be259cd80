import { readFile } from 'node:fs/promises';
import type { Predictor } from '../../solver/adapt/predictors/predictor.ts';
import { loadPredictor } from './learned.ts';

/** The learned predictor, in this process, because a forecast takes a fraction of a millisecond. */
export async function learnedPredictor(): Promise<Predictor> {
  // Imported on demand: a process that never predicts loads no ONNX Runtime.
  const { createNodeRuntime } = await import('../runtime/ort-node.ts');
  return loadPredictor(await createNodeRuntime(1), 'cpu', (url) => readFile(new URL(url)));
}
