import { batchOf, type Item, type ItemBatch } from '../../../models/items/item-batch.ts';
import type { PipelineStage } from '../../../models/manifests/pipeline.ts';
import type { StageRun } from '../../../workers/stage/protocol.ts';
import { InvalidInferenceError, InvalidTensorError } from '../../oip/errors.ts';
import type { InferRequest } from '../../oip/infer.ts';
import { itemsMetadata, itemsOfTensor, itemsTensor } from '../../oip/items.ts';
import { ITEM_INDEX, outputTensors } from '../../oip/model.ts';
import type { NumberData, Tensor } from '../../oip/tensor.ts';

/**
 * Writes and reads the tensors of a pod's answer: the results of the stage, as its Open Inference Protocol model outputs them, and
 * the items for the next stage. The output `items` has the items; `items_index` has, for each of them, the index of the item in
 * the batch from which it follows.
 */
export const ITEMS = 'items';
const ITEMS_INDEX = 'items_index';

/** Makes the request that sends a batch to a pod of a stage. */
export const batchRequest = ({ task, stage }: PipelineStage, items: ItemBatch): InferRequest => ({
  inputs: [itemsTensor(task.items(stage), items)],
  binaryOutput: true,
});

/** Makes the output tensors of a pod's answer. */
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
    { ...itemsTensor(next.task.items(next.stage), children), name: ITEMS },
    { name: ITEMS_INDEX, datatype: 'INT32', shape: [index.length], data: index },
  ];
}

/**
 * Reads a pod's answer.
 * @param count number of items that were sent
 * @throws InvalidInferenceError when the answer does not fit the stage
 */
export function runOf(
  { name: stage, task, next }: PipelineStage,
  count: number,
  outputs: readonly Tensor[],
): Pick<StageRun, 'results' | 'children' | 'childCounts'> {
  const named = (name: string): Tensor => {
    const tensor = outputs.find((output) => output.name === name);
    if (!tensor) throw new InvalidTensorError(name, `it is missing in the answer of a pod of stage ${stage}`);
    return tensor;
  };
  const numbers = (name: string, rows?: number, columns = 1): NumberData => {
    const { datatype, data } = named(name);
    if (datatype === 'BYTES') throw new InvalidTensorError(name, 'expected numbers, found BYTES');
    if (rows !== undefined && data.length !== rows * columns)
      throw new InvalidTensorError(name, `expected ${rows} rows of ${columns}, found ${data.length} values`);
    return data;
  };
  const index = numbers(ITEM_INDEX);
  const tensors = task.tensors.map(({ name, columns }) => ({
    name,
    columns,
    data: numbers(name, index.length, columns),
  }));
  const results = rangesOf(ITEM_INDEX, index, count).map(([from, to]) =>
    task.resultOf(
      Object.fromEntries(
        tensors.map(({ name, columns, data }) => [name, data.subarray(from * columns, to * columns)]),
      ),
    ),
  );
  if (!next) return { results, children: batchOf([]), childCounts: [] };
  const items: Item[] = itemsOfTensor(named(ITEMS), next.task.items(next.stage));
  const childCounts = rangesOf(ITEMS_INDEX, numbers(ITEMS_INDEX, items.length), count).map(
    ([from, to]) => to - from,
  );
  return { results, children: batchOf(items), childCounts };
}

/** For each of `count` items, where its rows begin and end. @param index the item of each row, rising @throws InvalidTensorError */
function rangesOf(name: string, index: NumberData, count: number): [from: number, to: number][] {
  const ranges: [number, number][] = [];
  let at = 0;
  for (let item = 0; item < count; item++) {
    const from = at;
    while (index[at] === item) at++;
    ranges.push([from, at]);
  }
  if (at !== index.length)
    throw new InvalidTensorError(name, `expected rising values from 0 to ${count - 1}`);
  return ranges;
}

/**
 * Turns the answer of the stage before into a request to this stage: a KServe graph passes answers on unchanged.
 * @throws InvalidInferenceError when the answer has no items
 */
export function requestOfAnswer({ task, stage }: PipelineStage, outputs: readonly Tensor[]): InferRequest {
  const items = outputs.find(({ name }) => name === ITEMS);
  if (!items) throw new InvalidInferenceError(`The answer of the stage before has no output "${ITEMS}".`);
  return { inputs: [{ ...items, name: itemsMetadata(task.items(stage)).name }] };
}
