import { cropResize, pixelCount } from '../../items/crop.ts';
import type { ItemFormatOf } from '../../items/item-format.ts';
import {
  CLASS_TENSORS,
  type ClassifyingStage,
  type ClassResult,
  classesField,
  classOfRows,
  largestLogit,
  matchClass,
  readClassTruths,
} from '../classes.ts';
import { encodeImages, type ImageInput, imageInput, imageTensor, pixelsFormat } from '../images.ts';
import { oneRun } from '../program.ts';
import type { Task } from '../task.ts';

const ID = 'image-classification';

interface Stage extends ClassifyingStage {
  readonly input: ImageInput;
}

interface Result extends ClassResult {
  readonly task: typeof ID;
}

/** Gives each image one class. The next stage gets the same image, resized to that stage's input. */
export const imageClassification: Task<Stage, Result, number> = {
  id: ID,
  fields: { input: imageInput, classes: classesField },

  items: ({ input }) => pixelsFormat(input),
  program: oneRun({
    input: ({ input }) => imageTensor(input),
    output: ({ classes }) => [classes.length],
    encode: ({ name, input }, items, scratch) => encodeImages(name, input, items, scratch),
    decode: (_stage, logits) => ({ task: ID, ...largestLogit(logits) }),
  }),
  children({ input }, item, _result, next) {
    const shape = next as ItemFormatOf<'pixels'>;
    const pixels = new Uint8Array(pixelCount(shape));
    cropResize(item, input, { x0: 0, y0: 0, x1: input.width, y1: input.height }, pixels, shape);
    return [pixels];
  },
  fanOut: () => 'one',

  metric: 'top-1 accuracy',
  pipelineMetric: 'accuracy',
  readTruths: (file, stage, rows) => readClassTruths(file, stage, rows),
  perfect: (label) => ({ task: ID, label, score: 1 }),
  match: matchClass,

  tensors: CLASS_TENSORS,
  resultOf: (rows) => ({ task: ID, ...classOfRows(rows) }),
};
