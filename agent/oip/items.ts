import { FIELD_BYTES_MAX, joinFields, splitFields } from '../../models/items/fields.ts';
import { batchOf, type Item, type ItemBatch, itemsOf } from '../../models/items/item-batch.ts';
import { fits, formatText, type ItemFormat } from '../../models/items/item-format.ts';
import { InvalidTensorError } from './errors.ts';
import { bytesOf, type Tensor, type TensorHeader, VALUES_MAX } from './tensor.ts';

/** Metadata of the tensor that holds items of a format. */
export function itemsMetadata(format: ItemFormat): TensorHeader {
  if (format.kind === 'pixels')
    return { name: 'images', datatype: 'UINT8', shape: [-1, format.channels, format.height, format.width] };
  // Texts and recordings differ in length, so each is one byte string.
  return { name: format.kind, datatype: 'BYTES', shape: [-1] };
}

/** Metadata of the tensors that hold items: one for the contents, and one for each field. */
export const inputsOf = (format: ItemFormat): TensorHeader[] => [
  itemsMetadata(format),
  ...(format.fields ?? []).map((name) => ({ name, datatype: 'BYTES', shape: [-1] })),
];

/** Converts items to tensors: their contents, and each field. */
export function itemsTensors(format: ItemFormat, items: ItemBatch): Tensor[] {
  const { name, shape } = itemsMetadata(format);
  const count = items.lengths.length;
  const parts = itemsOf(items).map((item) => splitFields(format, item));
  const contents = parts.map(({ content }) => content);
  return [
    format.kind === 'pixels'
      ? { name, datatype: 'UINT8', shape: [count, ...shape.slice(1)], data: joined(items, format, contents) }
      : { name, datatype: 'BYTES', shape: [count], data: contents },
    ...(format.fields ?? []).map(
      (field, f): Tensor => ({
        name: field,
        datatype: 'BYTES',
        shape: [count],
        data: parts.map(({ texts }) => texts[f]!),
      }),
    ),
  ];
}

/** Returns the contents back to back. The bytes of items without fields are exactly their contents, so they need no copy. */
const joined = ({ bytes }: ItemBatch, { fields }: ItemFormat, contents: readonly Item[]): Item =>
  fields ? batchOf(contents).bytes : bytes;

/** Describes the tensor that a model takes, for messages. */
const expectedText = (format: ItemFormat): string => {
  const { datatype, shape } = itemsMetadata(format);
  const tensor = `the model takes ${datatype} [${['n', ...shape.slice(1)].join(', ')}]`;
  return format.kind === 'pixels' ? tensor : `${tensor}, each ${formatText(format)}`;
};

/**
 * Converts tensors to items. The items are views of the tensors' bytes, but copies if the format has fields. Recordings of one
 * length may also come as FP32 [n, samples]. A field that is absent is an empty text.
 * @throws InvalidTensorError
 */
export function itemsOfTensors(tensors: readonly Tensor[], format: ItemFormat): Item[] {
  const { fields = [], ...content } = format;
  const { name } = itemsMetadata(format);
  const contents = contentsOf(tensors.find((tensor) => tensor.name === name)!, content);
  if (fields.length === 0) return contents;
  const texts = fields.map((field) => {
    const tensor = tensors.find((one) => one.name === field);
    return tensor ? textsOf(tensor, contents.length) : contents.map(() => new Uint8Array(0));
  });
  return contents.map((one, i) => joinFields({ content: one, texts: texts.map((field) => field[i]!) }));
}

/** Whether a tensor has one value an item. Clients such as MLServer's send texts as [n, 1]. */
const isOnePerItem = (inner: readonly number[]): boolean => inner.every((dim) => dim === 1);

function textsOf({ name, datatype, shape, data }: Tensor, count: number): Item[] {
  if (datatype !== 'BYTES' || shape[0] !== count || !isOnePerItem(shape.slice(1)))
    throw new InvalidTensorError(
      name,
      `expected BYTES [${count}], one text for each item, found ${datatype} [${shape.join(', ')}]`,
    );
  const long = data.findIndex(({ length }) => length > FIELD_BYTES_MAX);
  if (long >= 0)
    throw new InvalidTensorError(
      name,
      `expected at most ${FIELD_BYTES_MAX} bytes, found ${data[long]!.length} in item ${long}`,
    );
  return [...data];
}

function contentsOf(tensor: Tensor, format: ItemFormat): Item[] {
  const { name, datatype, shape } = tensor;
  const wanted = itemsMetadata(format);
  const [count, ...inner] = shape;
  const sameLength = datatype === 'FP32' && format.kind === 'audio' && inner.length === 1;
  if (datatype !== wanted.datatype && !sameLength)
    throw new InvalidTensorError(name, `${expectedText(format)}, found the datatype ${datatype}`);
  const right = wanted.shape.slice(1);
  const fitting =
    datatype === 'BYTES'
      ? isOnePerItem(inner)
      : inner.length === right.length && inner.every((dim, i) => dim === right[i]);
  if (!sameLength && !fitting)
    throw new InvalidTensorError(name, `${expectedText(format)}, found the shape [${shape.join(', ')}]`);
  if (count! > VALUES_MAX)
    throw new InvalidTensorError(name, `it has ${count} items; at most ${VALUES_MAX} may come at once`);
  const items = tensor.datatype === 'BYTES' ? [...tensor.data] : rows(bytesOf(tensor), count!);
  const wrong = items.findIndex((item) => !fits(format, item));
  if (wrong >= 0)
    throw new InvalidTensorError(
      name,
      `${expectedText(format)}, found ${items[wrong]!.length} bytes in item ${wrong}`,
    );
  if (format.kind === 'audio') for (const [i, item] of items.entries()) checkSamples(name, item, i);
  return items;
}

/** Refuses a recording with samples that are no finite numbers: a model would answer it with a made-up text. */
function checkSamples(name: string, recording: Item, i: number): void {
  // The eight bits of the exponent are all 1 in numbers that are not finite. The bytes are read in place, because a copy, where
  // samples do not begin at a multiple of their size, takes several times as long.
  for (let end = 3; end < recording.length; end += 4)
    if ((recording[end]! & 0x7f) === 0x7f && recording[end - 1]! >= 0x80)
      throw new InvalidTensorError(
        name,
        `expected float32 samples that are finite numbers, found another one in item ${i}`,
      );
}

/** Splits a tensor's bytes into `count` items of equal length. */
function rows(bytes: Item, count: number): Item[] {
  const size = bytes.length / count;
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}
