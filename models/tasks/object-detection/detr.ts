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
      const { label, score } = format === 'detr' ? bestBySoftmax(row) : bestBySigmoid(row);
      if (!(score > threshold)) continue;
      const across = (i: number) => boxes!.values[4 * q + i]! * width;
      const down = (i: number) => boxes!.values[4 * q + i]! * height;
      found.push(...inside(detectionOf(across(0), down(1), across(2), down(3), label, score), size));
    }
    return found;
  },
};

/** The most probable class except the last, which means "no object". */
function bestBySoftmax(logits: Float32Array): { label: number; score: number } {
  const top = logits[indexOfLargest(logits)]!;
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - top), 0);
  const label = indexOfLargest(logits.subarray(0, -1));
  return { label, score: Math.exp(logits[label]! - top) / sum };
}

function bestBySigmoid(logits: Float32Array): { label: number; score: number } {
  const label = indexOfLargest(logits);
  return { label, score: sigmoid(logits[label]!) };
}
