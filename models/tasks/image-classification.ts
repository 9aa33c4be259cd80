import type { ClassificationStage } from '../manifests/manifest.ts';
import { cropResize, pixelCount } from './image.ts';
import { checkOutput, encodeImages, pixelsOf } from './items.ts';
import type { Task } from './task.ts';

/** The class of the largest logit of item `index`, and its softmax probability. */
function best(logits: Float32Array, classes: number, index: number) {
  const start = index * classes;
  let label = 0;
  for (let c = 1; c < classes; c++) if (logits[start + c]! > logits[start + label]!) label = c;
  let sum = 0;
  for (let c = 0; c < classes; c++) sum += Math.exp(logits[start + c]! - logits[start + label]!);
  return { label, score: 1 / sum };
}

/** Images → one class each. The next stage gets the same image, at its own size. */
export const imageClassification: Task<ClassificationStage> = {
  encode: (stage, items, scratch) => encodeImages(stage.name, stage.input, items, scratch),

  decode(stage, output, count) {
    const classes = stage.classes.length;
    checkOutput(stage, output, [count, classes]);
    return Array.from({ length: count }, (_, i) => ({
      task: 'image-classification' as const,
      ...best(output.data, classes, i),
    }));
  },

  children(stage, items, index, _result, next) {
    const pixels = new Uint8Array(pixelCount(next.input));
    const whole = { x0: 0, y0: 0, x1: stage.input.width, y1: stage.input.height };
    cropResize(pixelsOf(items, index), stage.input, whole, pixels, next.input);
    return { count: 1, pixels };
  },
};
