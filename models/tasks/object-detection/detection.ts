import type { z } from 'zod';
import type { Box } from '../../items/crop.ts';
import type { ImageInput } from '../images.ts';
import type { ItemOutput, TensorSpec } from '../program.ts';

/** A detected object: its box in pixels of the stage's images, the index of its class, and its probability. */
export interface Detection extends Box {
  readonly label: number;
  readonly score: number;
}

/** Width and height of a stage's images. */
export type ImageSize = Pick<ImageInput, 'height' | 'width'>;

/** How a family of detectors writes its detections. `O` is the manifest field `output`. */
export interface DetectorOutput<O> {
  readonly field: z.ZodType<O>;
  /** The outputs that hold detections. @param classes number of classes; undefined where the manifest names none */
  tensors(size: ImageSize, output: O, classes: number | undefined): readonly TensorSpec[];
  /** The detections of one image. @param outputs in the order of `tensors` */
  detections(outputs: readonly ItemOutput[], size: ImageSize, output: O): Detection[];
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** A detection from the centre and the size of its box, in pixels. */
export const detectionOf = (
  x: number,
  y: number,
  width: number,
  height: number,
  label: number,
  score: number,
): Detection => ({
  x0: x - width / 2,
  y0: y - height / 2,
  x1: x + width / 2,
  y1: y + height / 2,
  label,
  score,
});

/** The part of a detection inside the image; none where that is empty, or where a corner is no number. */
export function inside({ x0, y0, x1, y1, ...rest }: Detection, { height, width }: ImageSize): Detection[] {
  const clipped = {
    x0: Math.max(0, x0),
    y0: Math.max(0, y0),
    x1: Math.min(width, x1),
    y1: Math.min(height, y1),
    ...rest,
  };
  return clipped.x0 < clipped.x1 && clipped.y0 < clipped.y1 ? [clipped] : [];
}
