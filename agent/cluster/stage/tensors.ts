import type { ManifestStage } from '../../../models/manifests/manifest.ts';
import { pixelCount } from '../../../models/tasks/image.ts';
import type { ItemBatch, StageResult } from '../../../models/tasks/task.ts';
import type { StageRun } from '../../../workers/stage/protocol.ts';
import { InvalidInferenceError, InvalidTensorError } from '../../oip/errors.ts';
import type { InferRequest } from '../../oip/infer.ts';
import { INPUT, ITEM_INDEX, outputTensors } from '../../oip/model.ts';
import type { Tensor } from '../../oip/tensor.ts';

/**
 * What a stage's pod answers, and what is read from it again: the stage's results as its model has them, and beside them
 * `items`, the pixels that the next stage takes, a row for each object.
 */
export const ITEMS = 'items';

/** Items as a request to a pod. */
export const batchRequest = ({ input }: ManifestStage, { count, pixels }: ItemBatch): InferRequest => ({
  inputs: [
    {
      name: INPUT,
      datatype: 'UINT8',
      shape: [count, input.channels, input.height, input.width],
      data: pixels,
    },
  ],
  binaryOutput: true,
});

/** @param next the stage that gets the items; null after the last */
export function runTensors(stage: ManifestStage, next: ManifestStage | null, run: StageRun): Tensor[] {
  const results = outputTensors(
    [stage],
    run.results.map((result) => [[result]]),
  );
  return next ? [...results, itemsTensor(next, run.children)] : results;
}

const itemsTensor = ({ input }: ManifestStage, { count, pixels }: ItemBatch): Tensor => ({
  name: ITEMS,
  datatype: 'UINT8',
  shape: [count, input.channels, input.height, input.width],
  data: pixels,
});

/**
 * The run that a pod's answer tells of.
 * @param count items that were sent
 * @throws InvalidInferenceError where the answer is not of this stage
 */
export function runOf(
  stage: ManifestStage,
  next: ManifestStage | null,
  count: number,
  outputs: readonly Tensor[],
): Pick<StageRun, 'results' | 'children' | 'childCounts'> {
  const named = (name: string): Tensor => {
    const tensor = outputs.find((output) => output.name === name);
    if (!tensor) throw new InvalidTensorError(name, `the pod of stage ${stage.name} did not answer it`);
    return tensor;
  };
  const index = named(ITEM_INDEX).data;
  const rows = (name: string, columns = 1) => {
    const { data } = named(name);
    if (data.length !== index.length * columns)
      throw new InvalidTensorError(
        name,
        `expected ${index.length} rows of ${columns}, found ${data.length} values`,
      );
    return data;
  };
  const scores = rows('scores');
  const own = rowsOfItems(index, count);
  const boxes = stage.task === 'object-detection' ? rows('boxes', 4) : undefined;
  const labels = stage.task === 'image-classification' ? rows('labels') : undefined;
  const results = own.map(([from, to]): StageResult => {
    if (labels) return { task: 'image-classification', label: labels[from]!, score: scores[from]! };
    const detections = Array.from({ length: to - from }, (_, i) => {
      const [x0, y0, x1, y1] = boxes!.subarray(4 * (from + i), 4 * (from + i + 1));
      return { x0: x0!, y0: y0!, x1: x1!, y1: y1!, score: scores[from + i]! };
    });
    return { task: 'object-detection', detections };
  });
  if (!next) return { results, children: { count: 0, pixels: new Uint8Array() }, childCounts: [] };
  const { data, shape } = named(ITEMS);
  const pixels = data as Uint8Array<ArrayBuffer>;
  if (pixels.length !== index.length * pixelCount(next.input))
    throw new InvalidTensorError(
      ITEMS,
      `expected ${index.length} items, found the shape [${shape.join(', ')}]`,
    );
  return {
    results,
    children: { count: index.length, pixels },
    childCounts: own.map(([from, to]) => to - from),
  };
}

/** Where each item's rows begin and end. */
function rowsOfItems(index: Tensor['data'], count: number): [from: number, to: number][] {
  const rows: [number, number][] = [];
  let at = 0;
  for (let item = 0; item < count; item++) {
    const from = at;
    while (index[at] === item) at++;
    rows.push([from, at]);
  }
  if (at !== index.length) throw new InvalidTensorError(ITEM_INDEX, `expected 0 to ${count - 1}, rising`);
  return rows;
}

/**
 * The answer of the stage before as a request to this one, as a KServe graph passes it on.
 * @throws InvalidInferenceError where it has no items
 */
export function requestOfAnswer(outputs: readonly Tensor[]): InferRequest {
  const items = outputs.find(({ name }) => name === ITEMS);
  if (!items) throw new InvalidInferenceError(`The answer that was passed on has no output "${ITEMS}".`);
  return { inputs: [{ ...items, name: INPUT }] };
}
