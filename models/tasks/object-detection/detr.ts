import { z } from 'zod';
import { FLOATS, indexOfLargest } from '../tensor.ts';
import {
  type Detection,
  type DetectorOutput,
  detectionOf,
  inside,
  outputClasses,
  sigmoid,
} from './detection.ts';

/**
 * Manifest field: the outputs of a transformer with queries, `logits` [batch, queries, classes] and `pred_boxes`
 * [batch, queries, 4] (centre x, centre y, width, height, from 0 to 1). In `detr` (DETR, YOLOS) the last class means "no object"
 * and a softmax gives the probabilities; in `rt-detr` (RT-DETR) the sigmoid of each logit is the probability of its class.
 */
const field = z.strictObject({
  format: z.enum(['detr', 'rt-detr']),
  /** Detections need a probability above this. */
  threshold: z.number().min(0).max(1),
  classes: outputClasses,
});

export const detr: DetectorOutput<z.output<typeof field>> = {
  field,
  tensors: (_size, { format }, classes) => [
    {
      name: 'logits',
      types: FLOATS,
      dims: [null, classes === undefined ? null : classes + (format === 'detr' ? 1 : 0)],
    },
    { name: 'pred_boxes', types: FLOATS, dims: [null, 4] },
  ],
  detections([logits, boxes], size, { format, threshold }) {
    const { height, width } = size;
    const [queries, columns] = logits!.dims as [number, number];
    const found: Detection[] = [];
    for (let q = 0; q < queries; q++) {
      const row = logits!.values.subarray(q * columns, (q + 1) * columns);
      const across = (i: number) => boxes!.values[4 * q + i]! * width;
      const down = (i: number) => boxes!.values[4 * q + i]! * height;
      for (const { label, score } of (format === 'detr' ? bySoftmax : bySigmoid)(row, threshold))
        found.push(...inside(detectionOf(across(0), down(1), across(2), down(3), label, score), size));
    }
    // As in transformers, the most probable pairs of a query and a class are kept, as many as there are queries.
    return found.length > queries ? found.sort((a, b) => b.score - a.score).slice(0, queries) : found;
  },
};

/** Returns the classes of a query whose probability is above a threshold. */
type ClassesOf = (logits: Float32Array, threshold: number) => Pick<Detection, 'label' | 'score'>[];

/** The most probable class except the last, which means "no object". */
const bySoftmax: ClassesOf = (logits, threshold) => {
  const top = logits[indexOfLargest(logits)]!;
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - top), 0);
  const label = indexOfLargest(logits.subarray(0, -1));
  const score = Math.exp(logits[label]! - top) / sum;
  return score > threshold ? [{ label, score }] : [];
};

/** Any number of classes, because each has a probability by itself. */
const bySigmoid: ClassesOf = (logits, threshold) => {
  const found: ReturnType<ClassesOf> = [];
  logits.forEach((logit, label) => {
    const score = sigmoid(logit);
    if (score > threshold) found.push({ label, score });
  });
  return found;
};
