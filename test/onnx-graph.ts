import { float16Of } from '../models/tasks/tensor.ts';

/** Writes tiny ONNX files by hand: the few protobuf fields of onnx.proto3 that tests need. */

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
const text = (value: string): number[] => [...new TextEncoder().encode(value)];
type Bytes = readonly number[] | Uint8Array;
const field = (number: number, bytes: Bytes): number[] => [
  ...varint((number << 3) | 2),
  ...varint(bytes.length),
  ...bytes,
];
const whole = (number: number, value: number): number[] => [...varint(number << 3), ...varint(value)];

export const ELEM = { float32: 1, uint8: 2, int64: 7, bool: 9, float16: 10 } as const;
export type Elem = keyof typeof ELEM;
/** Sizes of dimensions; a string is the name of a symbolic dimension, and an empty string stands for one without a name. */
export type Dims = readonly (number | string)[];

type Attribute = number | readonly number[] | { readonly tensor: Bytes };

/** Encodes the value of an attribute, and its type. */
function encoded(value: Attribute): number[] {
  const [INT, TENSOR, INTS] = [2, 4, 7];
  if (typeof value === 'number') return [...whole(3, value), ...whole(20, INT)];
  if ('tensor' in value) return [...field(5, value.tensor), ...whole(20, TENSOR)];
  return [...value.flatMap((one) => whole(8, one)), ...whole(20, INTS)];
}

/** Encodes an operator; an attribute is a whole number, or several, or an encoded constant. */
export function node(
  op: string,
  inputs: string[],
  output: string,
  attributes: Readonly<Record<string, Attribute>> = {},
) {
  const attribute = ([name, value]: [string, Attribute]) => [...field(1, text(name)), ...encoded(value)];
  return [
    ...inputs.flatMap((input) => field(1, text(input))),
    ...field(2, text(output)),
    ...field(4, text(op)),
    ...Object.entries(attributes).flatMap((entry) => field(5, attribute(entry))),
  ];
}

export function constant(
  name: string,
  type: Elem,
  values: readonly number[],
  dims: readonly number[],
): number[] {
  const raw =
    type === 'float16'
      ? float16Of(values)
      : type === 'float32'
        ? Float32Array.from(values)
        : BigInt64Array.from(values.map(BigInt));
  return [
    ...dims.flatMap((dim) => whole(1, dim)),
    ...whole(2, ELEM[type]),
    ...field(8, text(name)),
    ...field(9, [...new Uint8Array(raw.buffer)]),
  ];
}

/** Encodes a constant whose float32 values are in a separate file, from its first byte on. */
export function externalConstant(name: string, dims: readonly number[], file: string): number[] {
  const [EXTERNAL, bytes] = [1, 4 * dims.reduce((product, dim) => product * dim)];
  const entry = ([key, value]: [string, string]) =>
    field(13, [...field(1, text(key)), ...field(2, text(value))]);
  return [
    ...dims.flatMap((dim) => whole(1, dim)),
    ...whole(2, ELEM.float32),
    ...field(8, text(name)),
    ...Object.entries({ location: file, offset: '0', length: String(bytes) }).flatMap(entry),
    ...whole(14, EXTERNAL),
  ];
}

export interface Value {
  readonly type: Elem;
  readonly dims: Dims;
}

type Values = Value | Readonly<Record<string, Value>>;

/** Returns values with their names. @param name for a value that is given alone */
const byName = (values: Values, name: string) =>
  Object.entries(
    'dims' in values ? { [name]: values as Value } : (values as Readonly<Record<string, Value>>),
  );

/** Returns the ONNX file that consists of these encoded parts. */
export const fileOf = (
  nodes: readonly Bytes[],
  constants: readonly Bytes[],
  inputs: readonly Bytes[],
  outputs: readonly Bytes[],
  notes: readonly Bytes[] = [],
): Uint8Array<ArrayBuffer> => {
  const graph = [
    ...nodes.flatMap((one) => field(1, one)),
    ...field(2, text('g')),
    ...constants.flatMap((one) => field(5, one)),
    ...inputs.flatMap((one) => field(11, one)),
    ...outputs.flatMap((one) => field(12, one)),
  ];
  return Uint8Array.from([
    ...whole(1, 8),
    ...field(7, graph),
    ...field(8, whole(2, 17)),
    ...notes.flatMap((one) => field(14, one)),
  ]);
};

/**
 * Returns the ONNX file of a model.
 * @param input the model's only input, which gets the name `image`, or its inputs by name
 * @param output the model's only output, which gets the name `out`, or its outputs by name
 * @param notes metadata of the exporter
 */
export function model(
  nodes: number[][],
  constants: number[][],
  input: Values,
  output: Values,
  notes: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const value = ([name, { type, dims }]: [string, Value]) => {
    const shape = dims.flatMap((d) => field(1, typeof d === 'number' ? whole(1, d) : field(2, text(d))));
    return [...field(1, text(name)), ...field(2, field(1, [...whole(1, ELEM[type]), ...field(2, shape)]))];
  };
  return fileOf(
    nodes,
    constants,
    byName(input, 'image').map(value),
    byName(output, 'out').map(value),
    Object.entries(notes).map(([key, note]) => [...field(1, text(key)), ...field(2, text(note))]),
  );
}
