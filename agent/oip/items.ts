import { type Item, type ItemBatch, itemsOf } from '../../models/items/item-batch.ts';
import { fits, formatText, type ItemFormat } from '../../models/items/item-format.ts';
import { InvalidTensorError } from './errors.ts';
import type { TensorMetadata } from './metadata.ts';
import type { Tensor } from './tensor.ts';

/** Metadata of the tensor that holds items of a format. */
export function itemsMetadata(format: ItemFormat): TensorMetadata {
  if (format.kind === 'pixels')
    return { name: 'images', datatype: 'UINT8', shape: [-1, format.channels, format.height, format.width] };
  // Texts and recordings differ in length, so each is one byte string.
  return { name: format.kind, datatype: 'BYTES', shape: [-1] };
}

/** Converts items to a tensor. */
export function itemsTensor(format: ItemFormat, items: ItemBatch): Tensor {
  const { name, shape } = itemsMetadata(format);
  const count = items.lengths.length;
  return format.kind === 'pixels'
    ? { name, datatype: 'UINT8', shape: [count, ...shape.slice(1)], data: items.bytes }
    : { name, datatype: 'BYTES', shape: [count], data: itemsOf(items) };
}

/** Describes the tensor that a model takes, for messages. */
const expectedText = (format: ItemFormat): string => {
  const { datatype, shape } = itemsMetadata(format);
  const tensor = `the model takes ${datatype} [${['n', ...shape.slice(1)].join(', ')}]`;
  return format.kind === 'pixels' ? tensor : `${tensor}, each ${formatText(format)}`;
};

/**
 * Converts a tensor to items, without copying. Recordings of one length may also come as FP32 [n, samples].
 * @throws InvalidTensorError
 */
export function itemsOfTensor(tensor: Tensor, format: ItemFormat): Item[] {
  const { name, datatype, shape } = tensor;
  const wanted = itemsMetadata(format);
  const [count, ...inner] = shape;
  const sameLength = datatype === 'FP32' && format.kind === 'audio' && inner.length === 1;
  if (datatype !== wanted.datatype && !sameLength)
    throw new InvalidTensorError(name, `${expectedText(format)}, found the datatype ${datatype}`);
  const right = wanted.shape.slice(1);
  if (!sameLength && (inner.length !== right.length || inner.some((dim, i) => dim !== right[i])))
    throw new InvalidTensorError(name, `${expectedText(format)}, found the shape [${shape.join(', ')}]`);
  const items =
    datatype === 'BYTES' ? [...tensor.data] : rows(tensor.data as Uint8Array | Float32Array, count!);
  const wrong = items.findIndex((item) => !fits(format, item));
  if (wrong >= 0)
    throw new InvalidTensorError(
      name,
      `${expectedText(format)}, found ${items[wrong]!.length} bytes in item ${wrong}`,
    );
  return items;
}

/** Splits a tensor into `count` items of equal length. */
function rows({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array, count: number): Item[] {
  const size = byteLength / count;
  const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}
