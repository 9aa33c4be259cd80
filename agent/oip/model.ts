import type { Item } from '../../models/items/item-batch.ts';
import type { PipelineStage } from '../../models/manifests/pipeline.ts';
import type { ResultTensor, StageResult } from '../../models/tasks/task.ts';
import { InvalidTensorError } from './errors.ts';
import type { InferRequest } from './infer.ts';
import { inputsOf, itemsOfTensors } from './items.ts';
import type { Tensor } from './tensor.ts';

/**
 * This file presents a pipeline, or one of its stages, as a model of the Open Inference Protocol. The inputs are a tensor of
 * items and, for each field of the items, a tensor of texts. The outputs have one row for each detected object, entity or
 * classified item. The output `item_index` has, for each row of the last stage, the index of the row's item in the request. If
 * two stages have an output of the same name, the output of the earlier stage gets that stage's name as a prefix. A stage has
 * other rows than the last stage, and so an index output of its own, if some of its items do not reach the last stage, or if a
 * later stage has several rows for an item.
 */

const ITEM_INDEX = 'item_index';

/** An output of a model: a field of a stage's results, or the item index of a stage's rows. */
interface Output {
  readonly name: string;
  readonly stage: number;
  readonly datatype: ResultTensor<StageResult>['datatype'];
  readonly columns: number;
  rowsOf(result: StageResult, item: number): readonly (number | string)[];
}

/** Makes the output with the index of each row's item. */
const indexOutput = (stage: number, name: string, [first]: readonly ResultTensor<StageResult>[]): Output => ({
  name,
  stage,
  datatype: 'INT32',
  columns: 1,
  rowsOf: (result, item) => Array<number>(first!.rowsOf(result).length / first!.columns).fill(item),
});

const outputsByStages = new WeakMap<readonly PipelineStage[], Output[]>();

/** Lists the outputs of a model. @param stages all stages of a pipeline, or a single one */
function outputsOf(stages: readonly PipelineStage[]): Output[] {
  const known = outputsByStages.get(stages);
  if (known) return known;
  const last = stages.length - 1;
  const fanOuts = stages.map(({ stage, task }) => task.fanOut(stage));
  /** Whether stage s has other rows than the last stage. */
  const ownRows = (s: number) =>
    fanOuts.slice(s, last).includes('one-or-none') || fanOuts.slice(s + 1).includes('each-row');
  const tensorsOf = ({ task, stage }: PipelineStage) => task.tensors(stage);
  const outputs = stages.flatMap((one, s): Output[] => {
    const stage = one.name;
    const later = new Set(stages.slice(s + 1).flatMap((other) => tensorsOf(other).map(({ name }) => name)));
    return [
      ...tensorsOf(one).map((tensor) => ({
        ...tensor,
        stage: s,
        name: later.has(tensor.name) ? `${stage}_${tensor.name}` : tensor.name,
      })),
      ...(ownRows(s) ? [indexOutput(s, `${stage}_${ITEM_INDEX}`, tensorsOf(one))] : []),
    ];
  });
  outputs.push(indexOutput(last, ITEM_INDEX, tensorsOf(stages[last]!)));
  outputsByStages.set(stages, outputs);
  return outputs;
}

export const outputNames = (stages: readonly PipelineStage[]): string[] =>
  outputsOf(stages).map(({ name }) => name);

const shapeOf = (rows: number, columns: number): number[] => (columns === 1 ? [rows] : [rows, columns]);

export type ModelMetadata = ReturnType<typeof modelMetadata>;

/** The metadata of a model. The length −1 in a shape stands for any length. */
export function modelMetadata(name: string, version: string, stages: readonly PipelineStage[]) {
  const classes = stages.flatMap(({ name: stage, stage: fields }) =>
    'classes' in fields ? [[`${stage}_classes`, JSON.stringify(fields.classes)]] : [],
  );
  return {
    name,
    versions: [version],
    platform: 'onnxruntime_onnx',
    inputs: inputsOf(stages[0]!.format),
    outputs: outputsOf(stages).map(({ name, datatype, columns }) => ({
      name,
      datatype,
      shape: shapeOf(-1, columns),
    })),
    properties: Object.fromEntries(classes),
  };
}

/**
 * Reads a request's items. A stage that is served alone needs only the fields that it reads itself; a pipeline needs the fields
 * of all its stages.
 * @returns at least one item
 * @throws InvalidTensorError
 */
export function itemsOfRequest(
  { inputs }: InferRequest,
  { format, next, task, stage }: PipelineStage,
): Item[] {
  const names = inputsOf(format).map(({ name }) => name);
  const required = inputsOf(next ? format : task.itemFormat(stage)).map(({ name }) => name);
  const known = names.map((name) => `"${name}"`).join(', ');
  const other = inputs.find(({ name }) => !names.includes(name));
  if (other) throw new InvalidTensorError(other.name, `the model has no such input: it takes ${known}`);
  for (const name of names) {
    const found = inputs.filter((input) => input.name === name).length;
    if (found > 1 || (found === 0 && required.includes(name)))
      throw new InvalidTensorError(name, `expected this input once, found it ${found} times`);
  }
  const items = inputs.find(({ name }) => name === names[0])!;
  if (items.shape[0] === 0)
    throw new InvalidTensorError(items.name, 'expected at least one item, found none');
  return itemsOfTensors(inputs, format);
}

const encoder = new TextEncoder();

/** Converts results to a model's output tensors. @param results for each item of the request, its results by stage */
export function outputTensors(
  stages: readonly PipelineStage[],
  results: readonly (readonly (readonly StageResult[])[])[],
): Tensor[] {
  return outputsOf(stages).map(({ name, stage, datatype, columns, rowsOf }): Tensor => {
    const values: (number | string)[] = [];
    for (const [item, byStage] of results.entries())
      for (const result of byStage[stage] ?? []) for (const value of rowsOf(result, item)) values.push(value);
    const shape = shapeOf(values.length / columns, columns);
    if (datatype === 'BYTES')
      return { name, datatype, shape, data: values.map((text) => encoder.encode(String(text))) };
    // Constructing a typed array from an array takes a fraction of the time of `from` with a function for each value.
    return datatype === 'FP32'
      ? { name, datatype, shape, data: new Float32Array(values as number[]) }
      : { name, datatype, shape, data: new Int32Array(values as number[]) };
  });
}
