/** Array types of the element types that models take and give. float16 is held as its bits. */
interface TensorArrays {
  float32: Float32Array;
  float16: Uint16Array;
  int64: BigInt64Array;
  bool: Uint8Array;
  uint8: Uint8Array;
}
export type TensorType = keyof TensorArrays;

/** A tensor of a session, values in row-major order. */
export type Tensor<K extends TensorType = TensorType> = {
  [T in K]: { readonly type: T; readonly data: TensorArrays[T]; readonly dims: readonly number[] };
}[K];

/** Tensors by the names that the model gives them. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** What a model says of one of its inputs or outputs; a dimension that is not fixed is null. */
export interface TensorInfo {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly (number | null)[];
}

/** A loaded model. */
export interface Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** `ms`: from the feeds ready until every output can be read. */
  run(feeds: Tensors): Promise<{ readonly outputs: Tensors; readonly ms: number }>;
}

/** A value of IEEE 754 binary16 from its bits. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The values of a tensor as numbers. int64 beyond 2^53 loses digits. */
export function numbersOf({ type, data }: Tensor): ArrayLike<number> {
  if (type === 'float16') return Float64Array.from(data, halfToNumber);
  if (type === 'int64') return Float64Array.from(data, Number);
  return data;
}
