import { InvalidTensorError } from './errors.ts';

/** Datatypes of the protocol that are read and written here: those that a JavaScript number holds exactly. */
const DATATYPES = {
  BOOL: { array: Uint8Array, least: 0, most: 1 },
  UINT8: { array: Uint8Array, least: 0, most: 2 ** 8 - 1 },
  UINT16: { array: Uint16Array, least: 0, most: 2 ** 16 - 1 },
  UINT32: { array: Uint32Array, least: 0, most: 2 ** 32 - 1 },
  INT8: { array: Int8Array, least: -(2 ** 7), most: 2 ** 7 - 1 },
  INT16: { array: Int16Array, least: -(2 ** 15), most: 2 ** 15 - 1 },
  INT32: { array: Int32Array, least: -(2 ** 31), most: 2 ** 31 - 1 },
  FP32: { array: Float32Array, least: null, most: null },
  FP64: { array: Float64Array, least: null, most: null },
} as const;

export type Datatype = keyof typeof DATATYPES;
export type TensorData = InstanceType<(typeof DATATYPES)[Datatype]['array']>;

/** A tensor of the protocol: values in row-major order, of the array type that its datatype has. */
export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** A tensor as a message describes it, before its values are read. */
export interface TensorHeader {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

const show = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 60);

/** How many values a shape holds; none where a dimension is 0. */
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

function datatypeOf({ name, datatype }: TensorHeader): Datatype {
  if (Object.hasOwn(DATATYPES, datatype)) return datatype as Datatype;
  throw new InvalidTensorError(
    name,
    `expected a datatype of ${Object.keys(DATATYPES).join(', ')}, found ${show(datatype)}`,
  );
}

/** @throws InvalidTensorError where there are more than so many that an array could hold */
function checkedSize({ name, shape }: TensorHeader): number {
  const size = sizeOf(shape);
  if (size <= 2 ** 31) return size;
  throw new InvalidTensorError(name, `its shape [${shape.join(', ')}] holds more values than can be sent`);
}

/** A tensor whose values are `bytes`, little-endian. One-byte types are a view into them. @throws InvalidTensorError */
export function tensorOfBytes(header: TensorHeader, bytes: Uint8Array<ArrayBuffer>): Tensor {
  const datatype = datatypeOf(header);
  const { array: Values } = DATATYPES[datatype];
  const expected = checkedSize(header) * Values.BYTES_PER_ELEMENT;
  if (bytes.length !== expected)
    throw new InvalidTensorError(
      header.name,
      `${datatype} [${header.shape.join(', ')}] takes ${expected} bytes, found ${bytes.length}`,
    );
  const data =
    Values.BYTES_PER_ELEMENT === 1
      ? new Values(bytes.buffer, bytes.byteOffset, bytes.length)
      : // A copy: the values need not lie at a multiple of their size. (A Buffer's own `slice` makes none.)
        new Values(new Uint8Array(bytes).buffer);
  return { name: header.name, datatype, shape: header.shape, data };
}

/** A tensor whose values are JSON: one flat list, or lists nested as the shape is. @throws InvalidTensorError */
export function tensorOfJson(header: TensorHeader, values: readonly unknown[]): Tensor {
  const datatype = datatypeOf(header);
  const { name, shape } = header;
  const size = checkedSize(header);
  const { array: Values, least, most } = DATATYPES[datatype];
  // Not before the values are there: a shape alone must not take memory.
  const flat = Array.isArray(values[0]) ? flatten(name, values, shape) : values;
  if (flat.length !== size)
    throw new InvalidTensorError(
      name,
      `its shape [${shape.join(', ')}] holds ${size} values, found ${flat.length}`,
    );
  const data = new Values(size);
  const wanted = datatype === 'BOOL' ? 'boolean' : 'number';
  for (let i = 0; i < size; i++) {
    const value = flat[i];
    const number = Number(value);
    const fits = least === null || (Number.isInteger(number) && number >= least && number <= most);
    if (typeof value !== wanted || !fits)
      throw new InvalidTensorError(name, `expected a value of ${datatype} at ${i}, found ${show(value)}`);
    data[i] = number;
  }
  return { name, datatype, shape, data };
}

/** Nested lists as one, checked against the shape. */
function flatten(name: string, values: readonly unknown[], shape: readonly number[]): unknown[] {
  let level: readonly unknown[] = [values];
  for (const dim of shape) {
    const next: unknown[] = [];
    for (const list of level) {
      if (!Array.isArray(list) || list.length !== dim)
        throw new InvalidTensorError(
          name,
          `expected lists nested as its shape [${shape.join(', ')}], or one flat list; ` +
            `found ${Array.isArray(list) ? `a list of ${list.length}` : show(list)} where ${dim} should be`,
        );
      for (const value of list) next.push(value);
    }
    level = next;
  }
  return level as unknown[];
}

/** The values as JSON has them: a flat list. @throws InvalidTensorError for NaN and infinities, which JSON has not */
export function valuesOf({ name, datatype, data }: Tensor): (number | boolean)[] {
  if (datatype === 'BOOL') return Array.from(data, (value) => value === 1);
  const values = Array.from(data);
  if (!values.every(Number.isFinite))
    throw new InvalidTensorError(name, 'it holds a value that JSON cannot: ask for it as binary data');
  return values;
}

/** The values as bytes, little-endian: a view. */
export const bytesOf = ({ data }: Tensor): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
