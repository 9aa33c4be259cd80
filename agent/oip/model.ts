import type { ImageInput, ManifestStage } from '../../models/manifests/manifest.ts';
import { pixelCount } from '../../models/tasks/image.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import { InvalidTensorError } from './errors.ts';
import type { InferRequest } from './infer.ts';
import type { ModelMetadata, TensorMetadata } from './metadata.ts';
import type { Tensor } from './tensor.ts';

/**
 * A pipeline, or one of its stages, as a model of the protocol: it takes `images` and gives rows, one for each object that
 * was found (each image, where no stage detects). `item_index` says which image of the request a row belongs to. The last
 * stage's outputs have plain names, those of a stage before it the stage's in front where they would be the same.
 */

export const INPUT = 'images';
export const ITEM_INDEX = 'item_index';

/** A part of a task's results as a tensor, a row for each object; rows of one column are numbers. */
interface Output {
  readonly name: string;
  readonly datatype: 'FP32' | 'INT32';
  readonly columns: number;
  /** Its rows of one result, one after the other. */
  rowsOf(result: StageResult): readonly number[];
}

/** An output of one task's results. */
const output = <T extends StageResult['task']>(
  task: T,
  shape: Omit<Output, 'rowsOf'>,
  rowsOf: (result: Extract<StageResult, { task: T }>) => readonly number[],
): Output => ({
  ...shape,
  rowsOf: (result) => (result.task === task ? rowsOf(result as Extract<StageResult, { task: T }>) : []),
});

const OUTPUTS: Record<ManifestStage['task'], readonly Output[]> = {
  'object-detection': [
    output('object-detection', { name: 'boxes', datatype: 'FP32', columns: 4 }, ({ detections }) =>
      detections.flatMap(({ x0, y0, x1, y1 }) => [x0, y0, x1, y1]),
    ),
    output('object-detection', { name: 'scores', datatype: 'FP32', columns: 1 }, ({ detections }) =>
      detections.map(({ score }) => score),
    ),
  ],
  'image-classification': [
    output('image-classification', { name: 'labels', datatype: 'INT32', columns: 1 }, ({ label }) => [label]),
    output('image-classification', { name: 'scores', datatype: 'FP32', columns: 1 }, ({ score }) => [score]),
  ],
};

/** A stage's output under the name that it has in the model. */
interface NamedOutput extends Output {
  readonly stage: number;
}

const namedByStages = new WeakMap<readonly ManifestStage[], NamedOutput[]>();

function namedOutputs(stages: readonly ManifestStage[]): NamedOutput[] {
  const known = namedByStages.get(stages);
  if (known) return known;
  const named = stages.flatMap(({ name: stage, task }, s) =>
    OUTPUTS[task].map((output) => {
      const later = stages
        .slice(s + 1)
        .some((other) => OUTPUTS[other.task].some((o) => o.name === output.name));
      return { ...output, stage: s, name: later ? `${stage}_${output.name}` : output.name };
    }),
  );
  namedByStages.set(stages, named);
  return named;
}

export const outputNames = (stages: readonly ManifestStage[]): string[] => [
  ...namedOutputs(stages).map(({ name }) => name),
  ITEM_INDEX,
];

const shapeOf = (rows: number, columns: number): number[] => (columns === 1 ? [rows] : [rows, columns]);

/** @param stages of a whole pipeline, or one of them alone */
export function modelMetadata(
  name: string,
  version: string,
  stages: readonly ManifestStage[],
): ModelMetadata {
  const { channels, height, width } = stages[0]!.input;
  const outputs: TensorMetadata[] = namedOutputs(stages).map(({ name, datatype, columns }) => ({
    name,
    datatype,
    shape: shapeOf(-1, columns),
  }));
  const classes = stages.flatMap((stage) =>
    'classes' in stage ? [[`${stage.name}_classes`, JSON.stringify(stage.classes)]] : [],
  );
  return {
    name,
    versions: [version],
    platform: 'onnxruntime_onnx',
    inputs: [{ name: INPUT, datatype: 'UINT8', shape: [-1, channels, height, width] }],
    outputs: [...outputs, { name: ITEM_INDEX, datatype: 'INT32', shape: [-1] }],
    properties: Object.fromEntries(classes),
  };
}

/** The items of a request, as views into its tensor. @throws InvalidTensorError */
export function itemsOf({ inputs }: InferRequest, input: ImageInput): Uint8Array<ArrayBuffer>[] {
  const tensor = inputs.find(({ name }) => name === INPUT);
  const { channels, height, width } = input;
  const takes = `the model takes UINT8 [n, ${channels}, ${height}, ${width}]`;
  const other = inputs.find(({ name }) => name !== INPUT);
  if (!tensor || other)
    throw new InvalidTensorError(other!.name, `the model has no such input: its one input is "${INPUT}"`);
  if (inputs.length > 1)
    throw new InvalidTensorError(INPUT, `expected once among the inputs, found ${inputs.length} times`);
  const { datatype, shape, data } = tensor;
  const [count, ...item] = shape;
  const right = [channels, height, width];
  if (datatype !== 'UINT8') throw new InvalidTensorError(INPUT, `${takes}, found the datatype ${datatype}`);
  if (item.length !== 3 || item.some((dim, i) => dim !== right[i]) || count === 0)
    throw new InvalidTensorError(INPUT, `${takes}, found the shape [${shape.join(', ')}]`);
  const size = pixelCount(input);
  const pixels = data as Uint8Array<ArrayBuffer>;
  return Array.from({ length: count! }, (_, i) => pixels.subarray(i * size, (i + 1) * size));
}

/**
 * Results as the tensors of a model. What is found once is classified once: every stage has as many rows.
 * @param results of each item of the request: by stage, in order
 */
export function outputTensors(
  stages: readonly ManifestStage[],
  results: readonly (readonly (readonly StageResult[])[])[],
): Tensor[] {
  const outputs = namedOutputs(stages);
  const byItem = outputs.map(({ stage, rowsOf }) =>
    results.map((byStage) => byStage[stage]?.flatMap(rowsOf) ?? []),
  );
  const tensors = outputs.map(({ name, datatype, columns }, o): Tensor => {
    const values = byItem[o]!.flat();
    const shape = shapeOf(values.length / columns, columns);
    const data = datatype === 'FP32' ? new Float32Array(values) : new Int32Array(values);
    return { name, datatype, shape, data };
  });
  const { columns } = outputs.at(-1)!;
  const index = byItem.at(-1)!.flatMap((values, item) => Array<number>(values.length / columns).fill(item));
  return [
    ...tensors,
    { name: ITEM_INDEX, datatype: 'INT32', shape: [index.length], data: new Int32Array(index) },
  ];
}
