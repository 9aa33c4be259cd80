import { Float16Array } from '@petamoriken/float16';

/** The array type for each element type of a tensor. A float16 value is stored as its 16 bits. */
interface TensorArrays {
  float32: Float32Array;
  float16: Uint16Array;
  int64: BigInt64Array;
  bool: Uint8Array;
  uint8: Uint8Array;
}
export type TensorType = keyof TensorArrays;

export const TENSOR_ARRAYS = {
  float32: Float32Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  uint8: Uint8Array,
} satisfies Record<TensorType, unknown>;

/** Floating-point element types. A model may take or give either, whatever the dtype of its weights. */
export const FLOATS = ['float32', 'float16'] as const;

/** An input or output of a session run, in row-major order. */
export type Tensor<K extends TensorType = TensorType> = {
  [T in K]: { readonly type: T; readonly data: TensorArrays[T]; readonly dims: readonly number[] };
}[K];

/** Tensors by name, as the model names them. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** An input or output as the model declares it. Null stands for a dimension of any size. */
export interface TensorInfo {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly (number | null)[];
}

/**
 * A declared dimension; null if it is open. For an open dimension, exporters may write -1, and ONNX Runtime for browsers gives
 * 4294967295 (-1 as an unsigned number) if the dimension has no name. A size of 0 counts as open too, because no batch is empty.
 */
export const dimOf = (declared: unknown): number | null =>
  typeof declared === 'number' && declared > 0 && declared < 2 ** 31 ? declared : null;

/**
 * An output that stays where the session computed it, e.g. in GPU memory, so that later runs in the same worker can take it as an
 * input. The code that holds the output must dispose of it.
 */
export interface KeptTensor {
  readonly dims: readonly number[];
  /**
   * Makes a tensor of the given rows, i.e. of parts along the first dimension, in any order and number. The call uses this tensor
   * up: its holder must neither use nor dispose of it afterwards.
   */
  select(rows: readonly number[]): KeptTensor;
  dispose(): void;
}

export type Feeds = Readonly<Record<string, Tensor | KeptTensor>>;

/** The names of the outputs that a run computes: those to read, and those to keep. */
export interface Fetches {
  readonly read: readonly string[];
  readonly keep: readonly string[];
}

export interface SessionRun {
  readonly outputs: Tensors;
  /** The kept outputs; absent if the caller asked to keep none. */
  readonly kept?: Readonly<Record<string, KeptTensor>>;
  /** Milliseconds from ready inputs until every output is computed and, unless it is kept, can be read. */
  readonly ms: number;
}

/** One ONNX Runtime session: a loaded model. */
export interface Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /**
   * Runs the model once.
   * @param fetches the outputs to read and to keep; absent: the run reads all. Only a session whose signature has `keeps` may
   * keep outputs
   */
  run(feeds: Feeds, fetches?: Fetches): Promise<SessionRun>;
}

/** Converts numbers to float16 (IEEE 754 binary16), rounded to the nearest, as 16-bit patterns. */
export const float16Of = (numbers: Iterable<number>): Uint16Array =>
  new Uint16Array(Float16Array.from(numbers).buffer);

/** The value of each float16, by its bits. The table is made on first use, because most models output float32. */
let float16Values: Float32Array | undefined;

/**
 * Converts float16 values by a table, because the library takes many times as long, and a decoder outputs logits of the whole
 * vocabulary for each token.
 */
function fromFloat16(bits: Uint16Array): Float32Array {
  float16Values ??= Float32Array.from(
    new Float16Array(Uint16Array.from({ length: 2 ** 16 }, (_, i) => i).buffer),
  );
  const numbers = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) numbers[i] = float16Values[bits[i]!]!;
  return numbers;
}

/** Converts a tensor's values to numbers. An int64 beyond ±2^53 loses digits. */
export function numbersOf({ type, data }: Tensor): ArrayLike<number> {
  // If the JavaScript runtime has the class Float16Array, ONNX Runtime gives the values in one; the new array reads their bits.
  if (type === 'float16') return fromFloat16(new Uint16Array(data.buffer, data.byteOffset, data.length));
  if (type === 'int64') return Float64Array.from(data, Number);
  return data;
}

/** A tensor's values as float32: those of a float32 tensor themselves, otherwise a copy. */
export function floatsOf(tensor: Tensor): Float32Array {
  const numbers = numbersOf(tensor);
  return numbers instanceof Float32Array ? numbers : Float32Array.from(numbers);
}

/** The index of the largest value; the first index if several values are the largest. */
export function indexOfLargest(values: Float32Array): number {
  let largest = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[largest]!) largest = i;
  return largest;
}
