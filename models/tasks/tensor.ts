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

/** Element types with fractions. A model may take or give either, whatever the dtype of its weights. */
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

/** One ONNX Runtime session: a loaded model. */
export interface Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Runs the model once. @returns the outputs, and the milliseconds from ready inputs until every output can be read */
  run(feeds: Tensors): Promise<{ readonly outputs: Tensors; readonly ms: number }>;
}

/** Converts numbers to float16 (IEEE 754 binary16), rounded to the nearest, as 16-bit patterns. */
export const float16Of = (numbers: Iterable<number>): Uint16Array =>
  new Uint16Array(Float16Array.from(numbers).buffer);

/** Converts a tensor's values to numbers. An int64 beyond ±2^53 loses digits. */
export function numbersOf({ type, data }: Tensor): ArrayLike<number> {
  if (type === 'float16') return new Float16Array(data.buffer, data.byteOffset, data.length);
  if (type === 'int64') return Float64Array.from(data, Number);
  return data;
}
