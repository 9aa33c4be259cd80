import { z } from 'zod';
import { positiveCount } from '../../solver/documents/common.ts';
import type { Item } from '../items/item-batch.ts';
import { checkItem, type ItemFormatOf } from '../items/item-format.ts';
import type { Scratch, TensorSpec } from './program.ts';

/** The manifest field, item format and encoding that all tasks on images share. */

/**
 * Manifest field: the shape of a stage's images and their normalisation. The models' input tensor is
 * [batch, channels, height, width] with the values (pixel / 255 − mean) / std.
 */
export const imageInput = z
  .strictObject({
    channels: z.union([z.literal(1), z.literal(3)]),
    height: positiveCount.max(4096),
    width: positiveCount.max(4096),
    mean: z.array(z.number()).min(1).max(3).default([0]),
    std: z.array(z.number().positive()).min(1).max(3).default([1]),
  })
  .superRefine((input, context) => {
    for (const field of ['mean', 'std'] as const)
      if (input[field].length !== 1 && input[field].length !== input.channels)
        context.addIssue({
          code: 'custom',
          path: [field],
          message: 'expected one number for all channels or one for each',
        });
  });
export type ImageInput = z.output<typeof imageInput>;

export const pixelsFormat = ({ channels, height, width }: ImageInput): ItemFormatOf<'pixels'> => ({
  kind: 'pixels',
  channels,
  height,
  width,
});

export const imageTensor = ({ channels, height, width }: ImageInput): TensorSpec & { type: 'float32' } => ({
  type: 'float32',
  dims: [channels, height, width],
});

const tablesByInput = new WeakMap<ImageInput, Float32Array[]>();

/** Normalised value of each of a pixel's 256 values, one table per channel: a look-up is faster than the formula. */
function tablesOf(input: ImageInput): Float32Array[] {
  const known = tablesByInput.get(input);
  if (known) return known;
  const made = Array.from({ length: input.channels }, (_, c) => {
    const mean = input.mean[c] ?? input.mean[0]!;
    const std = input.std[c] ?? input.std[0]!;
    return Float32Array.from({ length: 256 }, (_, pixel) => (pixel / 255 - mean) / std);
  });
  tablesByInput.set(input, made);
  return made;
}

/**
 * Encodes images as float32 [count, channels, height, width] with the values (pixel / 255 − mean) / std.
 * @param stage name of the stage, for errors
 * @throws ItemFormatError
 */
export function encodeImages(
  stage: string,
  input: ImageInput,
  items: readonly Item[],
  scratch: Scratch,
): Float32Array {
  const format = pixelsFormat(input);
  const plane = input.height * input.width;
  const tables = tablesOf(input);
  const data = scratch.float32(items.length * input.channels * plane);
  let at = 0;
  for (const item of items) {
    checkItem(stage, format, item);
    for (let c = 0, p = 0; c < input.channels; c++) {
      const table = tables[c]!;
      for (const end = p + plane; p < end; ) data[at++] = table[item[p++]!]!;
    }
  }
  return data;
}
