import type { Item } from '../../models/items/item-batch.ts';
import type { PipelineStage } from '../../models/manifests/pipeline.ts';
import type { ResultTensor, StageResult } from '../../models/tasks/task.ts';
import { InvalidTensorError } from './errors.ts';
import type { InferRequest } from './infer.ts';
import { itemsMetadata, itemsOfTensor } from './items.ts';
import type { ModelMetadata, TensorMetadata } from './metadata.ts';
import type { NumberTensor } from './tensor.ts';

/**
 * A pipeline, or one of its stages, as a model of the protocol. It takes items and gives rows: of a detector one for each
 * object that it found, of a classifier one for each item. `item_index` says which item of the request a row of the last stage
 * belongs to. The last stage's outputs have plain names; an earlier stage's have the stage's name in front where a later one
 * has the same. A stage after which items are left out has an index of its own.
 */

export const ITEM_INDEX = 'item_index';

/** An output of the model: a part of a stage's results, or the index of its rows. */
interface Output {
  readonly name: string;
  readonly stage: number;
  readonly datatype: NumberTensor['datatype'];
  readonly columns: number;
  rowsOf(result: StageResult, item: number): readonly number[];
}

const indexOutput = (stage: number, name: string, [first]: readonly ResultTensor<StageResult>[]): Output => ({
  name,
  stage,
  datatype: 'INT32',
  columns: 1,
  rowsOf: (result, item) => Array<number>(first!.rowsOf(result).length / first!.columns).fill(item),
});

const known = new WeakMap<readonly PipelineStage[], Output[]>();

/** @param stages of a whole pipeline, or one of them alone */
function outputsOf(stages: readonly PipelineStage[]): Output[] {
  const made = known.get(stages);
  if (made) return made;
  const last = stages.length - 1;
  /** Whether rows of a stage and of the last one are not the same ones. */
  const ownRows = (s: number) =>
    stages.slice(s, last).some(({ stage, task }) => task.fanOut(stage) === 'one-or-none');
  const outputs = stages.flatMap(({ name: stage, task }, s): Output[] => {
    const later = new Set(stages.slice(s + 1).flatMap((other) => other.task.tensors.map(({ name }) => name)));
    return [
      ...task.tensors.map((tensor) => ({
        ...tensor,
        stage: s,
        name: later.has(tensor.name) ? `${stage}_${tensor.name}` : tensor.name,
      })),
      ...(ownRows(s) ? [indexOutput(s, `${stage}_${ITEM_INDEX}`, task.tensors)] : []),
    ];
  });
  outputs.push(indexOutput(last, ITEM_INDEX, stages[last]!.task.tensors));
  known.set(stages, outputs);
  return outputs;
}

export const outputNames = (stages: readonly PipelineStage[]): string[] =>
  outputsOf(stages).map(({ name }) => name);

const shapeOf = (rows: number, columns: number): number[] => (columns === 1 ? [rows] : [rows, columns]);

const inputOf = ({ task, stage }: PipelineStage): TensorMetadata => itemsMetadata(task.items(stage));

export function modelMetadata(
  name: string,
  version: string,
  stages: readonly PipelineStage[],
): ModelMetadata {
  const classes = stages.flatMap(({ name: stage, stage: fields }) =>
    'classes' in fields ? [[`${stage}_classes`, JSON.stringify(fields.classes)]] : [],
  );
  return {
    name,
    versions: [version],
    platform: 'onnxruntime_onnx',
    inputs: [inputOf(stages[0]!)],
    outputs: outputsOf(stages).map(({ name, datatype, columns }) => ({
      name,
      datatype,
      shape: shapeOf(-1, columns),
    })),
    properties: Object.fromEntries(classes),
  };
}

/** The items of a request, as views into its tensor; at least one. @throws InvalidTensorError */
export function itemsOfRequest({ inputs }: InferRequest, stage: PipelineStage): Item[] {
  const { name } = inputOf(stage);
  const other = inputs.find((input) => input.name !== name);
  if (other)
    throw new InvalidTensorError(other.name, `the model has no such input: its one input is "${name}"`);
  if (inputs.length > 1)
    throw new InvalidTensorError(name, `expected once among the inputs, found ${inputs.length} times`);
  const tensor = inputs[0]!;
  if (tensor.shape[0] === 0) throw new InvalidTensorError(name, 'expected at least one item, found none');
  return itemsOfTensor(tensor, stage.task.items(stage.stage));
}

/** Results as the tensors of a model. @param results of each item of the request: by stage, in order */
export function outputTensors(
  stages: readonly PipelineStage[],
  results: readonly (readonly (readonly StageResult[])[])[],
): NumberTensor[] {
  return outputsOf(stages).map(({ name, stage, datatype, columns, rowsOf }): NumberTensor => {
    const values = results.flatMap((byStage, item) =>
      (byStage[stage] ?? []).flatMap((result) => rowsOf(result, item)),
    );
    const shape = shapeOf(values.length / columns, columns);
    return datatype === 'FP32'
      ? { name, datatype, shape, data: new Float32Array(values) }
      : { name, datatype: 'INT32', shape, data: new Int32Array(values) };
  });
}
