import { cropResize, pixelCount } from '../../items/crop.ts';
import type { ItemFormatOf } from '../../items/item-format.ts';
import {
  type ClassifyingStage,
  type ClassResult,
  classesField,
  classifying,
  scoresField,
} from '../classes.ts';
import { type ImageInput, imageInput, images, pixelsFormat } from '../images.ts';
import type { Task } from '../task.ts';

const ID = 'image-classification';

interface Stage extends ClassifyingStage {
  readonly input: ImageInput;
}

/** The task "image-classification": one class per image. The next stage gets the same image, resized to that stage's input. */
export const imageClassification: Task<Stage, ClassResult, number> = {
  id: ID,
  fields: { input: imageInput, classes: classesField, scores: scoresField },

  itemFormat: ({ input }) => pixelsFormat(input),
  children({ input }, item, _result, next) {
    const shape = next as ItemFormatOf<'pixels'>;
    const pixels = new Uint8Array(pixelCount(shape));
    cropResize(item, input, { x0: 0, y0: 0, x1: input.width, y1: input.height }, pixels, shape);
    return [pixels];
  },
  fanOut: () => 'one',
  ...classifying<Stage>(ID, { inputs: () => [images] }),
};
