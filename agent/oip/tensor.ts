import { InvalidTensorError } from './errors.ts';

/** The arrays of the supported number types, whose values a JavaScript number holds exactly. */
const NUMBERS = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const;

type NumberDatatype = keyof typeof NUMBERS;
type NumberData = InstanceType<(typeof NUMBERS)[NumberDatatype]>;

/** A tensor's description in a message, without its values. */
export interface TensorHeader {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

/** A tensor of numbers in row-major order. Its datatype determines the array type. */
export interface NumberTensor extends TensorHeader {
  readonly datatype: NumberDatatype;
  readonly data: NumberData;
}

/** A tensor of byte strings in row-major order, which JSON holds as texts. */
interface BytesTensor extends TensorHeader {
  readonly datatype: 'BYTES';
  readonly data: readonly Uint8Array<ArrayBuffer>[];
}

/** A tensor of the Open Inference Protocol. */
export type Tensor = NumberTensor | BytesTensor;

/** The most texts or items in a tensor: each is an object, which takes far more time than its bytes. */
export const VALUES_MAX = 16_384;

/** Bytes of the length (little-endian uint32) before each value of a BYTES tensor. */
const LENGTH_BYTES = 4;

const show = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 60);

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

function numberDatatypeOf({ name, datatype }: TensorHeader): NumberDatatype {
  if (Object.hasOwn(NUMBERS, datatype)) return datatype as NumberDatatype;
  throw new InvalidTensorError(
    name,
    `expected one of the datatypes ${[...Object.keys(NUMBERS), 'BYTES'].join(', ')}, found ${show(datatype)}`,
  );
}

/** Number of values of a tensor. @throws InvalidTensorError if there are more than 2³¹, which no message can carry */
function checkedSize({ name, shape }: TensorHeader): number {
  const size = sizeOf(shape);
  if (size <= 2 ** 31) return size;
  throw new InvalidTensorError(name, `its shape [${shape.join(', ')}] has more values than can be sent`);
}

/** Number of texts of a tensor. @throws InvalidTensorError if there are more than {@link VALUES_MAX} */
function checkedTexts(header: TensorHeader): number {
  const size = checkedSize(header);
  if (size <= VALUES_MAX) return size;
  throw new InvalidTensorError(
    header.name,
    `its shape [${header.shape.join(', ')}] has ${size} texts; at most ${VALUES_MAX} may come at once`,
  );
}

/** The bytes of tensors that were decoded from bytes. */
const decodedFrom = new WeakMap<Tensor, Uint8Array<ArrayBuffer>>();

/**
 * Decodes a tensor from little-endian bytes. Values of several bytes are copied only when `data` is read, because copying 16 MiB
 * holds the serving thread for 12 ms. Items are read from the bytes, with {@link bytesOf}, and need no copy.
 * @throws InvalidTensorError
 */
export function tensorOfBytes(header: TensorHeader, bytes: Uint8Array<ArrayBuffer>): Tensor {
  if (header.datatype === 'BYTES') return byteStrings(header, bytes);
  const datatype = numberDatatypeOf(header);
  const Values = NUMBERS[datatype];
  const expected = checkedSize(header) * Values.BYTES_PER_ELEMENT;
  if (bytes.length !== expected)
    throw new InvalidTensorError(
      header.name,
      `${datatype} [${header.shape.join(', ')}] takes ${expected} bytes, found ${bytes.length}`,
    );
  let data: NumberData | undefined;
  const tensor: NumberTensor = {
    name: header.name,
    datatype,
    shape: header.shape,
    get data() {
      data ??=
        Values.BYTES_PER_ELEMENT === 1
          ? new Values(bytes.buffer, bytes.byteOffset, bytes.length)
          : // Copied, because the values may begin at an offset that is no multiple of their size. (`Buffer.slice` does not copy.)
            new Values(new Uint8Array(bytes).buffer);
      return data;
    },
  };
  decodedFrom.set(tensor, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  return tensor;
}

/** Decodes byte strings, each after its length, without copying. */
function byteStrings(header: TensorHeader, bytes: Uint8Array<ArrayBuffer>): BytesTensor {
  const { name, shape } = header;
  const size = checkedTexts(header);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const data: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  while (at + LENGTH_BYTES <= bytes.length && data.length < size) {
    const from = at + LENGTH_BYTES;
    at = from + view.getUint32(at, true);
    if (at <= bytes.length) data.push(new Uint8Array(bytes.buffer, bytes.byteOffset + from, at - from));
  }
  if (data.length !== size || at !== bytes.length)
    throw new InvalidTensorError(
      name,
      `BYTES [${shape.join(', ')}] takes ${size} values, each after its length; the ${bytes.length} bytes found do not match`,
    );
  return { name, datatype: 'BYTES', shape, data };
}

/** Decodes a tensor from JSON values: one flat list, or lists nested like the shape. @throws InvalidTensorError */
export function tensorOfJson(header: TensorHeader, values: readonly unknown[]): Tensor {
  const { name, shape } = header;
  const size = checkedSize(header);
  // Values are counted before memory is allocated, so that a large shape alone cannot fill the memory.
  const flat = Array.isArray(values[0]) ? flatten(name, values, shape) : values;
  if (flat.length !== size)
    throw new InvalidTensorError(
      name,
      `its shape [${shape.join(', ')}] holds ${size} values, found ${flat.length}`,
    );
  if (header.datatype === 'BYTES') {
    checkedTexts(header);
    return { name, datatype: 'BYTES', shape, data: textsOf(name, flat) };
  }
  const datatype = numberDatatypeOf(header);
  const data = new NUMBERS[datatype](size);
  const wanted = datatype === 'BOOL' ? 'boolean' : 'number';
  for (let i = 0; i < size; i++) {
    const value = flat[i];
    const number = Number(value);
    data[i] = number;
    // A typed array changes a value that it cannot hold, so such a value is refused. FP32 may round.
    const held = datatype === 'FP32' ? Number.isFinite(data[i]) : data[i] === number;
    if (typeof value !== wanted || !held)
      throw new InvalidTensorError(name, `expected a value of ${datatype} at ${i}, found ${show(value)}`);
  }
  return { name, datatype, shape, data };
}

const encoder = new TextEncoder();

/** Encodes a JSON tensor's texts as UTF-8. */
function textsOf(name: string, values: readonly unknown[]): Uint8Array<ArrayBuffer>[] {
  const texts = values.map((value, i) => {
    if (typeof value !== 'string')
      throw new InvalidTensorError(name, `expected a text at ${i}, found ${show(value)}`);
    // UTF-8 cannot encode a lone surrogate: the encoder would silently replace it.
    if (/\p{Surrogate}/u.test(value))
      throw new InvalidTensorError(name, `expected whole characters at ${i}, found ${show(value)}`);
    return value;
  });
  // Encodes all texts at once, because an array for each of thousands of texts takes several times as long.
  const bytes = encoder.encode(texts.join(''));
  let end = 0;
  return texts.map((text) => {
    const from = end;
    end += Buffer.byteLength(text);
    return bytes.subarray(from, end);
  });
}

/** Flattens nested lists, and checks that they are nested like the shape. */
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

/** Converts values to JSON, as a flat list. @throws InvalidTensorError for NaN, infinities and bytes that are not UTF-8 */
export function valuesOf(tensor: Tensor): (number | boolean | string)[] {
  const notInJson = () =>
    new InvalidTensorError(tensor.name, 'it has a value that JSON cannot express: ask for binary data');
  if (tensor.datatype === 'BYTES') {
    const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    try {
      return tensor.data.map((value) => utf8.decode(value));
    } catch {
      throw notInJson();
    }
  }
  if (tensor.datatype === 'BOOL') return Array.from(tensor.data, (value) => value === 1);
  const values = Array.from(tensor.data);
  if (!values.every(Number.isFinite)) throw notInJson();
  return values;
}

/** The values as little-endian bytes; numbers are not copied. */
export function bytesOf(tensor: Tensor): Uint8Array<ArrayBuffer> {
  const decoded = decodedFrom.get(tensor);
  if (decoded) return decoded;
  const { datatype, data } = tensor;
  if (datatype !== 'BYTES')
    return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  const bytes = new Uint8Array(data.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const value of data) {
    view.setUint32(at, value.length, true);
    bytes.set(value, at + LENGTH_BYTES);
    at += LENGTH_BYTES + value.length;
  }
  return bytes;
}
