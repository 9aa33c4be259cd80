import { type ReadFile, readChecked } from '../../models/manifests/load.ts';
import record from '../../models/predictor/record.json' with { type: 'json' };
import type { Predictor } from '../../solver/adapt/predictors/predictor.ts';
import type { Backend } from '../../solver/documents/common.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** Bundlers recognise this form of URL, so they ship the file with the page. */
const MODEL = new URL('../../models/predictor/predictor.onnx', import.meta.url);

/**
 * Loads the predictor that `models/train/predictor` trains. The model takes plain counts: it computes the features, pads short
 * histories, and rounds its output.
 * @throws MissingFileError, ChecksumError
 */
export async function loadPredictor(runtime: Runtime, backend: Backend, read: ReadFile): Promise<Predictor> {
  const model = await readChecked(read, MODEL.href, record.sha256, 'models/predictor/record.json');
  const session = await runtime.createSession(model, backend);
  const [input] = session.inputs;
  const [output] = session.outputs;
  // A runtime allows one operation at a time, so forecasts wait for one another.
  let last: Promise<unknown> = Promise.resolve();
  return {
    name: 'learned',
    async forecast(countsPerS) {
      const data = Float32Array.from(countsPerS);
      const feeds = { [input!.name]: { type: 'float32' as const, data, dims: [1, data.length] } };
      const run = last.then(() => session.run(feeds));
      last = run.catch(() => {});
      const [medianPerS, p90PerS] = (await run).outputs[output!.name]!.data as Float32Array;
      return { medianPerS: medianPerS!, p90PerS: p90PerS! };
    },
  };
}
