import { z } from 'zod';
import { positiveCount } from '../../solver/documents/common.ts';
import { type ManifestStage, ownFieldsOf } from '../../solver/documents/manifest.ts';
import { getOrMake } from '../../solver/math/maps.ts';
import { cropResize, type PictureShape } from '../items/crop.ts';
import type { Item } from '../items/item-batch.ts';
import { checkItem, type ItemFormatOf } from '../items/item-format.ts';
import type { Input } from './one-run.ts';
import { hasShape } from './program.ts';
import type { ReportProblem } from './task.ts';
import { float16Of, type Tensor, type TensorInfo, type TensorType } from './tensor.ts';

/** The manifest field `input`, the item format and the encoding as a tensor, which all tasks on pictures share. */

/**
 * Manifest field: the shape of the pictures that models take, their normalisation, and the order of the models' input tensor:
 * [batch, channels, height, width] (`nchw`) or [batch, height, width, channels] (`nhwc`). A model whose own shape fits only the
 * other order gets the other order. The values are (pixel / 255 − mean) / std; a model that takes uint8 gets the raw pixels.
 */
export const pictureInputField = z
  .strictObject({
    channels: z.union([z.literal(1), z.literal(3)]),
    height: positiveCount.max(4096),
    width: positiveCount.max(4096),
    mean: z.array(z.number()).min(1).max(3).default([0]),
    std: z.array(z.number().positive()).min(1).max(3).default([1]),
    layout: z.enum(['nchw', 'nhwc']).default('nchw'),
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

/** {@link pictureInputField} for models that see only the middle of a picture: `crop` is the middle's share of each side. */
export const croppedPictureInputField = pictureInputField.safeExtend({
  crop: z.number().positive().max(1).optional(),
});
export type PictureInput = z.output<typeof croppedPictureInputField>;
export type PictureSize = Pick<PictureInput, 'height' | 'width'>;

/**
 * Manifest field: the shape of a stage's pictures, if it differs from that of `input`. Each model gets the pictures resized to
 * its own input. Boxes of objects are in pixels of these pictures, and crops are cut out of them.
 */
export const picturesField = z
  .strictObject({
    channels: pictureInputField.shape.channels,
    height: pictureInputField.shape.height,
    width: pictureInputField.shape.width,
  })
  .optional();

/** A stage on pictures. When a variant runs, `input` is the variant's own if it has one. */
export interface PictureStage extends ManifestStage {
  readonly input: PictureInput;
  readonly pictures?: z.output<typeof picturesField>;
}

/** The format of a stage's items: its pictures, not the resized inputs of its variants. */
export const picturesOf = ({
  input,
  pictures: { channels, height, width } = input,
}: Pick<PictureStage, 'input' | 'pictures'>): ItemFormatOf<'pixels'> => ({
  kind: 'pixels',
  channels,
  height,
  width,
});

export const sameShape = (a: PictureShape, b: PictureShape): boolean =>
  a.channels === b.channels && a.height === b.height && a.width === b.width;

/** Checks that the stage states `pictures` if the shape of a variant's `input` differs from that of the stage's `input`. */
export function checkPictures({ input, pictures, variants }: PictureStage, problem: ReportProblem): void {
  if (pictures) return;
  const other = variants.find((variant) => {
    const { input: own } = ownFieldsOf(variant) as { readonly input?: PictureInput };
    return own && !sameShape(own, input);
  });
  if (other)
    problem(
      ['pictures'],
      `expected the channels, height and width of the stage's pictures, because ${other.name} takes others than input says`,
    );
}

/** For each channel, 256 numbers: the value that the model gets for each 8-bit pixel value. */
type Tables = readonly ArrayLike<number>[];

const tablesByInput = new WeakMap<PictureInput, Map<TensorType, Tables>>();

/** Makes the tables that normalise pixels, or returns those made before: a look-up is faster than the formula. */
function tablesOf(input: PictureInput, type: TensorType): Tables {
  const byType = getOrMake(tablesByInput, input, () => new Map());
  return getOrMake(byType, type, () =>
    Array.from({ length: input.channels }, (_, c) => {
      const mean = input.mean[c] ?? input.mean[0]!;
      const std = input.std[c] ?? input.std[0]!;
      const values = Float32Array.from({ length: 256 }, (_, pixel) => (pixel / 255 - mean) / std);
      if (type === 'uint8') return values.map((_, pixel) => pixel);
      return type === 'float16' ? float16Of(values) : values;
    }),
  );
}

type Layout = PictureInput['layout'];

const dimsIn = ({ channels, height, width }: PictureInput, layout: Layout): readonly number[] =>
  layout === 'nchw' ? [channels, height, width] : [height, width, channels];

const other = (layout: Layout): Layout => (layout === 'nchw' ? 'nhwc' : 'nchw');

/** Returns the layout of a model's input: the stage's, unless the model's own shape fits only the other layout. */
function layoutOf(input: PictureInput, { dims: [, ...own] }: TensorInfo): Layout {
  const { layout } = input;
  return hasShape(own, dimsIn(input, layout)) || !hasShape(own, dimsIn(input, other(layout)))
    ? layout
    : other(layout);
}

/** Tolerance for rounding errors when a side in pixels is multiplied or divided by `crop`. */
const ROUNDING = 1e-6;

/**
 * Cuts out the middle of a picture that the model sees, and resizes it to the model's input.
 * @param out overwritten and returned
 */
function cutInto(out: Uint8Array, item: Item, from: PictureShape, to: PictureInput): Uint8Array {
  const cut = (side: number) => Math.ceil((to.crop ?? 1) * side - ROUNDING);
  const [x, y] = [(from.width - cut(from.width)) / 2, (from.height - cut(from.height)) / 2];
  cropResize(item, from, { x0: x, y0: y, x1: from.width - x, y1: from.height - y }, out, to);
  return out;
}

/** The size of a whole picture whose middle, cut out by `crop`, is exactly as large as a model's input. */
export function wholePicture({ channels, height, width, crop = 1 }: PictureInput): PictureShape {
  const whole = (side: number) => Math.floor(side / crop + ROUNDING);
  return { channels, height: whole(height), width: whole(width) };
}

/** Encodes pictures, resized to the model's shape, as the input tensor that {@link pictureInputField} describes. */
export const pictures: Input<PictureStage> = {
  spec: ({ input }) => ({
    types: ['float32', 'float16', 'uint8'],
    dims: dimsIn(input, input.layout),
    orDims: dimsIn(input, other(input.layout)),
  }),
  encode(stage, items, scratch, info) {
    const { name, input } = stage;
    const type = info.type as 'float32' | 'float16' | 'uint8';
    const format = picturesOf(stage);
    const plane = input.height * input.width;
    const size = input.channels * plane;
    const resized = sameShape(format, input) && !input.crop ? null : new Uint8Array(size);
    const tables = tablesOf(input, type);
    const data = scratch.arrayOf(type, items.length * size);
    const layout = layoutOf(input, info);
    // Offsets in the tensor from a pixel to the next of its channel, and from a channel to the next.
    const [step, planeStep] = layout === 'nchw' ? [1, plane] : [input.channels, 1];
    items.forEach((item, i) => {
      checkItem(name, format, item);
      const pixels = resized ? cutInto(resized, item, format, input) : item;
      for (let c = 0, p = 0; c < input.channels; c++) {
        const table = tables[c]!;
        for (let at = i * size + c * planeStep, end = p + plane; p < end; at += step)
          data[at] = table[pixels[p++]!]!;
      }
    });
    return { type, data, dims: [items.length, ...dimsIn(input, layout)] } as Tensor;
  },
};
