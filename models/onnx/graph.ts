import { InputError } from '../../solver/documents/coded-error.ts';
import { dimOf, type TensorInfo } from '../tasks/tensor.ts';

/** Reads, without ONNX Runtime, the few fields of an ONNX file (onnx.proto3) that a manifest depends on. */

/** Operator and first input of a node. */
interface Maker {
  readonly operator: string;
  /** Name of the tensor; empty if the node has no input. */
  readonly input: string;
}

export interface Graph {
  /** The tensors that a caller must feed, so without initializers. A symbolic dimension is null. */
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Number of nodes by operator, the most frequent first. */
  readonly operators: ReadonlyMap<string, number>;
  /** Element types of the constants. Weights are constants, too. */
  readonly constantTypes: ReadonlySet<string>;
  /** Names of further files that have the values of constants (`external_data`), as the model's file states them. */
  readonly weightFiles: ReadonlySet<string>;
  /** The node that produces each tensor, by the tensor's name. */
  readonly makers: ReadonlyMap<string, Maker>;
  /** Metadata that the exporter wrote (`metadata_props`), by key. */
  readonly notes: ReadonlyMap<string, string>;
}

/** A file is not an ONNX model. */
export class NotOnnxError extends InputError {
  override name = 'NotOnnxError';
  constructor(file: string) {
    super(`${file} cannot be read as an ONNX model. Export the model to ONNX, and choose that file.`);
  }
}

/** Names of `TensorProto.DataType`, by number. */
const TYPES = [
  ...['undefined', 'float32', 'uint8', 'int8', 'uint16', 'int16', 'int32', 'int64', 'string', 'bool'],
  ...['float16', 'float64', 'uint32', 'uint64', 'complex64', 'complex128', 'bfloat16'],
];

/** @param file the file's name, for errors @throws NotOnnxError */
export function readGraph(bytes: Uint8Array, file: string): Graph {
  try {
    const graph = fieldBytes(bytes, 7);
    if (!graph) throw new RangeError('there is no graph');
    const notes = [...messages(bytes, 14)].map((note): [string, string] => [
      textOf(note, 1),
      textOf(note, 2),
    ]);
    return { ...graphOf(graph), notes: new Map(notes) };
  } catch (error) {
    if (error instanceof RangeError) throw new NotOnnxError(file);
    throw error;
  }
}

function graphOf(graph: Uint8Array): Omit<Graph, 'notes'> {
  const constants = new Set<string>();
  const inputs: TensorInfo[] = [];
  const outputs: TensorInfo[] = [];
  const counts = new Map<string, number>();
  const types = new Set<string>();
  const weightFiles = new Set<string>();
  survey(graph, counts, (constant) => {
    types.add(typeOf(constant, 2));
    for (const entry of messages(constant, 13))
      if (textOf(entry, 1) === 'location') weightFiles.add(textOf(entry, 2).replace(/^\.\//, ''));
  });
  const makers = new Map<string, Maker>();
  for (const { number, value } of fields(graph)) {
    if (typeof value === 'number') continue;
    if (number === 1) {
      const maker = { operator: textOf(value, 4), input: textOf(value, 1) };
      for (const output of messages(value, 2)) makers.set(text(output), maker);
    } else if (number === 5) constants.add(textOf(value, 8));
    else if (number === 11) inputs.push(tensorOf(value));
    else if (number === 12) outputs.push(tensorOf(value));
  }
  return {
    inputs: inputs.filter(({ name }) => !constants.has(name)),
    outputs,
    operators: new Map([...counts].sort((a, b) => b[1] - a[1])),
    constantTypes: types,
    weightFiles,
    makers,
  };
}

/**
 * Counts the nodes of a graph by operator, and visits its constants; also in the subgraphs of its nodes' attributes, such as the
 * branches of an `If`.
 */
function survey(graph: Uint8Array, counts: Map<string, number>, visit: (constant: Uint8Array) => void): void {
  for (const constant of messages(graph, 5)) visit(constant);
  for (const node of messages(graph, 1)) {
    const operator = textOf(node, 4);
    counts.set(operator, (counts.get(operator) ?? 0) + 1);
    for (const attribute of messages(node, 5)) {
      for (const constant of messages(attribute, 5)) visit(constant);
      for (const inner of messages(attribute, 6)) survey(inner, counts, visit);
    }
  }
}

/** Operators whose output has the values of their first input, only in another shape or type. */
const SAME_VALUES = [
  ...['Cast', 'Identity', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose'],
  ...['QuantizeLinear', 'DequantizeLinear'],
];

/**
 * The operator that computes a tensor's values; undefined if they come from no node.
 * @param further operators to look behind, too
 */
export function computedBy(
  { makers }: Graph,
  tensor: string,
  further: readonly string[] = [],
): string | undefined {
  const passedOn = [...SAME_VALUES, ...further];
  let maker = makers.get(tensor);
  // The count ends the loop in a broken file with a cycle.
  for (let left = makers.size; left > 0 && maker && passedOn.includes(maker.operator); left--)
    maker = makers.get(maker.input);
  return maker?.operator;
}

/** Yields the bytes of each value of a text or message field. @param wanted the field's number */
export function* messages(message: Uint8Array, wanted: number): Generator<Uint8Array> {
  for (const { number, value } of fields(message))
    if (number === wanted && typeof value !== 'number') yield value;
}

const NOTHING = new Uint8Array();

function tensorOf(info: Uint8Array): TensorInfo {
  const tensor = fieldBytes(fieldBytes(info, 2) ?? NOTHING, 1) ?? NOTHING;
  const dims = [...fields(fieldBytes(tensor, 2) ?? NOTHING)].map(({ value }) =>
    dimOf(typeof value === 'number' ? value : [...fields(value)].find(({ number }) => number === 1)?.value),
  );
  return { name: textOf(info, 1), type: typeOf(tensor, 1), dims };
}

/** The name of the element type that a message states. @param wanted the field's number */
function typeOf(message: Uint8Array, wanted: number): string {
  for (const { number, value } of fields(message))
    if (number === wanted) return TYPES[Number(value)] ?? `type ${value}`;
  return TYPES[0]!;
}

interface Field {
  readonly number: number;
  /** Bytes of a text or message, or the number of a varint field. */
  readonly value: number | Uint8Array;
}

/**
 * Yields the varint, text and message fields of a protobuf message, and skips fixed-width fields.
 * @throws RangeError if the bytes end too early or are not a message
 */
function* fields(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++];
      if (byte === undefined || factor > 2 ** 63) throw new RangeError('a number has no end');
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    if (wire === 0) yield { number, value: varint() };
    else {
      const length = wire === 1 ? 8 : wire === 5 ? 4 : wire === 2 ? varint() : Number.NaN;
      if (!(at + length <= message.length)) throw new RangeError('a field has no end');
      const bytes = message.subarray(at, at + length);
      at += length;
      if (wire === 2) yield { number, value: bytes };
    }
  }
}

/** The bytes of a message's first field of this number. */
const fieldBytes = (message: Uint8Array, wanted: number): Uint8Array | undefined =>
  messages(message, wanted).next().value ?? undefined;

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
export const textOf = (message: Uint8Array, number: number): string => text(fieldBytes(message, number));

/**
 * Reads the class names that exporters such as Ultralytics write into the metadata entry `names`, e.g.
 * `{0: 'person', 1: 'bicycle'}`. Empty if there is no such entry.
 */
export function notedClasses({ notes }: Pick<Graph, 'notes'>): string[] {
  const names: string[] = [];
  for (const [, index, single, double] of (notes.get('names') ?? '').matchAll(
    /(\d{1,5})\s*:\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g,
  ))
    if (Number(index) === names.length) names.push((single ?? double!).replace(/\\(.)/g, '$1'));
  return names;
}
