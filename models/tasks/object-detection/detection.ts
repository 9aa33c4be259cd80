import { z } from 'zod';
import type { Box } from '../../items/crop.ts';
import { classesField } from '../classes.ts';
import type { ItemOutput } from '../one-run.ts';
import type { PictureSize } from '../pictures.ts';
import type { TensorSpec } from '../program.ts';

/** A detected object: its box in pixels of a picture, the index of its class, and its probability. */
export interface Detection extends Box {
  readonly label: number;
  readonly score: number;
}

/**
 * Manifest field: the classes of a model's outputs, in the order of the outputs; absent if they equal the stage's classes. The
 * stage leaves out detections of a class that is not among its own.
 */
export const outputClasses = z.array(classesField.element).min(1).max(10_000).optional();

/** Decodes the outputs of one family of detectors. `O` is the type of the manifest field `output`. */
export interface DetectorOutput<O> {
  readonly field: z.ZodType<O>;
  /**
   * Specifies the output tensors.
   * @param size of the model's pictures
   * @param classes number of the model's classes; undefined if the manifest names none
   */
  tensors(size: PictureSize, output: O, classes: number | undefined): readonly TensorSpec[];
  /** Decodes the detections of one picture, in its pixels and with the model's classes. @param outputs in the order of `tensors` */
  detections(outputs: readonly ItemOutput[], size: PictureSize, output: O): Detection[];
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Makes a detection from the centre and size of its box, in pixels. */
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

/** Converts a box to the pixels of the picture resized to another size. */
export const scaled = (
  { x0, y0, x1, y1, ...rest }: Detection,
  from: PictureSize,
  to: PictureSize,
): Detection => {
  const [x, y] = [to.width / from.width, to.height / from.height];
  return { x0: x * x0, y0: y * y0, x1: x * x1, y1: y * y1, ...rest };
};

/** Clips a box to the picture. Returns an empty array if nothing is left, or if a corner is NaN. */
export function inside({ x0, y0, x1, y1, ...rest }: Detection, { height, width }: PictureSize): Detection[] {
  const clipped = {
    x0: Math.max(0, x0),
    y0: Math.max(0, y0),
    x1: Math.min(width, x1),
    y1: Math.min(height, y1),
    ...rest,
  };
  return clipped.x0 < clipped.x1 && clipped.y0 < clipped.y1 ? [clipped] : [];
}
