import { batchOf } from '../../models/items/item-batch.ts';
import type { ModelBytes } from '../../models/manifests/load.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { Backend } from '../../solver/documents/common.ts';
import { type ManifestStage, weightsRole } from '../../solver/documents/manifest.ts';
import { specAlone } from '../../workers/stage/protocol.ts';
import type { StageWorker } from '../../workers/stage/stage-worker.ts';
import { externalClassifier } from '../onnx.ts';

/** A classifier of four pixels with a separate file of weights: the class is the brightest pixel, counted from the last one. */

const SIDE = 2;
const PIXELS = SIDE * SIDE;
const FILE = 'model.onnx_data';

const stage = {
  name: 'look',
  task: 'image-classification',
  input: { channels: 1, height: SIDE, width: SIDE, mean: [0], std: [1], layout: 'nchw' },
  classes: ['fourth', 'third', 'second', 'first'],
  scores: 'logits',
  variants: [],
} as ManifestStage;

export const WEIGHTS = new Uint8Array(
  Float32Array.from({ length: PIXELS ** 2 }, (_, i) =>
    (i % PIXELS) + Math.floor(i / PIXELS) === PIXELS - 1 ? 1 : 0,
  ).buffer,
);

/** Returns the files of the variant, without the weights if `weights` is null. */
export const filesWith = (weights: Uint8Array<ArrayBuffer> | null): ModelBytes => ({
  model: externalClassifier([1, SIDE, SIDE], PIXELS, FILE),
  ...(weights && { [weightsRole('model', FILE)]: weights }),
});

/** Returns the classes that a worker finds for pictures with one bright pixel each. @param brightest its index, by picture */
export async function classesOf(
  worker: StageWorker,
  backend: Backend,
  files: ModelBytes,
  brightest: readonly number[],
): Promise<number[]> {
  const spec = specAlone(stage, { key: 'v', model: 'look/v', backend });
  await worker.load(spec, files);
  const pictures = brightest.map((at) => Uint8Array.from({ length: PIXELS }, (_, i) => (i === at ? 255 : 9)));
  const { results } = await worker.run('v', batchOf(pictures));
  return results.map((result) => (result as StageResult & { label: number }).label);
}
