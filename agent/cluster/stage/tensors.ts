import type { PipelineStage } from '../../../models/manifests/pipeline.ts';
import type { StageRun } from '../../../workers/stage/protocol.ts';
import { InvalidInferenceError } from '../../oip/errors.ts';
import type { InferRequest } from '../../oip/infer.ts';
import { itemsMetadata, itemsTensor } from '../../oip/items.ts';
import { outputTensors } from '../../oip/model.ts';
import type { Tensor } from '../../oip/tensor.ts';

/**
 * Besides its results, a stage returns the next stage's items in Open Inference Protocol tensors: `items` has the items, and
 * `items_index` has, for each of them, the index of the item in the batch from which it follows.
 */
const ITEMS = 'items';
const ITEMS_INDEX = 'items_index';

export function runTensors(stage: PipelineStage, { results, children, childCounts }: StageRun): Tensor[] {
  const tensors: Tensor[] = outputTensors(
    [stage],
    results.map((result) => [[result]]),
  );
  const { next } = stage;
  if (!next) return tensors;
  const index = Int32Array.from(childCounts.flatMap((count, item) => Array<number>(count).fill(item)));
  return [
    ...tensors,
    { ...itemsTensor(next.task.itemFormat(next.stage), children), name: ITEMS },
    { name: ITEMS_INDEX, datatype: 'INT32', shape: [index.length], data: index },
  ];
}

/**
 * Converts the previous stage's response into a request to this stage, because a KServe graph passes responses on unchanged.
 * @throws InvalidInferenceError if the response has no items
 */
export function requestOfAnswer({ task, stage }: PipelineStage, outputs: readonly Tensor[]): InferRequest {
  const items = outputs.find(({ name }) => name === ITEMS);
  if (!items) throw new InvalidInferenceError(`The answer of the stage before has no output "${ITEMS}".`);
  return { inputs: [{ ...items, name: itemsMetadata(task.itemFormat(stage)).name }] };
}
