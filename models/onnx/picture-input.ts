import type { z } from 'zod';
import { InputError } from '../../solver/documents/coded-error.ts';
import type { PictureInput, PictureSize, pictureInputField } from '../tasks/pictures.ts';
import type { Graph } from './graph.ts';

/** An ONNX file does not hold enough information to run its model without further files. */
export class ModelAloneError extends InputError {
  override name = 'ModelAloneError';
  constructor(file: string, problem: string) {
    super(
      `${file} cannot become a pipeline by itself: ${problem}. Give the config.json of its repository with it, and the files beside ` +
        'that, or a manifest, or add it by its id on the hub.',
    );
  }
}

/** A given picture size cannot be read, or differs from the fixed size of the model. */
class PictureSizeError extends InputError {
  override name = 'PictureSizeError';
}

/** Reads a size such as 192x48, the width first. @throws PictureSizeError */
export function readSize(text: string): PictureSize {
  const [, width, height] = /^\s*(\d{1,4})\s*[x×]\s*(\d{1,4})\s*$/.exec(text) ?? [];
  if (!Number(width) || !Number(height))
    throw new PictureSizeError(
      `${JSON.stringify(text.slice(0, 40))} is no size of pictures: give width and height in pixels, such as 192x48.`,
    );
  return { width: Number(width), height: Number(height) };
}

/** Whether the model takes pictures of more than one size. */
export const takesAnySize = ({ inputs: [picture] }: Graph): boolean =>
  picture?.dims.length === 4 && picture.dims.slice(1).includes(null);

/** Whether a model takes the pixels as they are, so that no scaling applies. */
export const takesRawPixels = ({ inputs: [picture] }: Graph): boolean => picture?.type === 'uint8';

/** Picture sizes for a model whose input has dynamic dimensions. */
export interface OpenSize {
  /** The size that the user gives. A model that takes only another size is refused. */
  readonly asked?: PictureSize | undefined;
  /** The default if the user gives no size. */
  readonly usual: PictureSize;
}

/** Normalisation of pixels for a model: (pixel / 255 − mean) / std. An ONNX file does not state mean and std. */
export interface Scaling {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** The usual normalisations. The first one is the default where the model's own is unknown. */
export const SCALINGS = [
  { name: '0..1', words: '0 to 1', mean: [0], std: [1] },
  { name: '-1..1', words: '−1 to 1', mean: [0.5], std: [0.5] },
  {
    name: 'imagenet',
    words: "ImageNet's mean and deviation",
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  },
] as const satisfies readonly (Scaling & { readonly name: string; readonly words: string })[];

/**
 * Derives the manifest's `input` of a picture model from its graph: channels, height, width and layout.
 * @throws ModelAloneError if the model takes anything other than one picture; PictureSizeError
 */
export function pictureInput(
  { inputs }: Graph,
  { asked, usual }: OpenSize,
  file: string,
): z.input<typeof pictureInputField> {
  const [picture, ...more] = inputs;
  if (!picture || more.length > 0)
    throw new ModelAloneError(file, `it takes ${inputs.length} tensors, and one is expected`);
  const isChannels = (size: number | null | undefined): size is PictureInput['channels'] =>
    size === 1 || size === 3;
  const { name, dims } = picture;
  const [, second, third, fourth] = dims;
  const edge = (side: 'width' | 'height', own: number | null | undefined) => {
    if (asked && own && own !== asked[side])
      throw new PictureSizeError(
        `${file} takes pictures with a ${side} of ${own} pixels, and ${asked[side]} is given. Give the model's own size.`,
      );
    return own ?? (asked ?? usual)[side];
  };
  if (dims.length === 4 && isChannels(second))
    return { channels: second, height: edge('height', third), width: edge('width', fourth) };
  if (dims.length === 4 && isChannels(fourth))
    return {
      channels: fourth,
      height: edge('height', second),
      width: edge('width', third),
      layout: 'nhwc',
    };
  throw new ModelAloneError(
    file,
    `its input ${name} is no picture of 1 or 3 channels, [batch, channels, height, width]`,
  );
}
