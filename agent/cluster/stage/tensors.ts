import type { PipelineStage } from '../../../models/manifests/pipeline.ts';
import type { StageRun } from '../../../workers/stage/protocol.ts';
import { InvalidInferenceError } from '../../oip/errors.ts';
import type { InferRequest } from '../../oip/infer.ts';
import { inputsOf, itemsTensors } from '../../oip/items.ts';
import { outputTensors } from '../../oip/model.ts';
import type { Tensor } from '../../oip/tensor.ts';

/**
 * Besides its results, a stage returns the next stage's items in Open Inference Protocol tensors. `items` has these items, and
 * `items_index` has for each of them the index of its source item in this stage's batch. A field of the items, e.g. a question,
 * is in `items_field_question`.
 */
const ITEMS = 'items';
const ITEMS_INDEX = 'items_index';
const FIELD = 'items_field_';

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
    ...itemsTensors(next.format, children).map((tensor, i) => ({
      ...tensor,
      name: i === 0 ? ITEMS : FIELD + tensor.name,
    })),
    { name: ITEMS_INDEX, datatype: 'INT32', shape: [index.length], data: index },
  ];
}

/**
 * Converts the previous stage's response into a request to this stage, because a KServe graph passes responses on unchanged.
 * @throws InvalidInferenceError if the response has no items
 */
export function requestOfAnswer({ format }: PipelineStage, outputs: readonly Tensor[]): InferRequest {
  const items = outputs.find(({ name }) => name === ITEMS);
  if (!items) throw new InvalidInferenceError(`The answer of the stage before has no output "${ITEMS}".`);
  const [contents, ...fields] = inputsOf(format);
  return {
    inputs: [
      { ...items, name: contents!.name },
      ...fields.flatMap(({ name }) => {
        const texts = outputs.find((output) => output.name === FIELD + name);
        return texts ? [{ ...texts, name }] : [];
      }),
    ],
  };
}
