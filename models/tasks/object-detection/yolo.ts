import { z } from 'zod';
import { FLOATS } from '../tensor.ts';
import { suppressed } from './boxes.ts';
import { type Detection, type DetectorOutput, detectionOf, inside, outputClasses } from './detection.ts';

/**
 * Manifest field: the output of a YOLO head before non-maximum suppression. A candidate is a box (centre x, centre y, width,
 * height, in pixels) and a probability for each class. `yolov8` is [batch, 4 + classes, candidates]; `yolov5` is [batch,
 * candidates, 5 + classes], whose fifth value, the probability of any object, multiplies those of the classes.
 */
const field = z.strictObject({
  format: z.enum(['yolov5', 'yolov8']),
  /** Detections need a probability above this. */
  threshold: z.number().min(0).max(1),
  classes: outputClasses,
  /** If two boxes of one class have an intersection over union above this, the less probable one is dropped. */
  overlapMax: z.number().min(0).max(1).default(0.7),
});

/**
 * Non-maximum suppression gets only this many of the most probable candidates, because comparing each with every kept one takes
 * quadratic time.
 */
const CANDIDATES_MAX = 1000;

export const yolo: DetectorOutput<z.output<typeof field>> = {
  field,
  tensors(_size, { format }, classes) {
    const columns = classes === undefined ? null : classes + (format === 'yolov5' ? 5 : 4);
    return [{ types: FLOATS, dims: format === 'yolov5' ? [null, columns] : [columns, null] }];
  },
  detections([output], size, { format, threshold, overlapMax }) {
    const { values, dims } = output!;
    const [rows, columns] = dims as [number, number];
    // `step` is the distance between the first numbers of two candidates, `apart` that between two numbers of a candidate.
    const [candidates, numbers, step, apart] =
      format === 'yolov5' ? [rows, columns, columns, 1] : [columns, rows, 1, columns];
    const first = format === 'yolov5' ? 5 : 4;
    const found: Detection[] = [];
    for (let from = 0; from < candidates * step; from += step) {
      let best = from + first * apart;
      for (let at = best + apart; at < from + numbers * apart; at += apart)
        if (values[at]! > values[best]!) best = at;
      const score = values[best]! * (format === 'yolov5' ? values[from + 4 * apart]! : 1);
      if (!(score > threshold)) continue;
      const number = (i: number) => values[from + i * apart]!;
      const label = (best - from) / apart - first;
      found.push(...inside(detectionOf(number(0), number(1), number(2), number(3), label, score), size));
    }
    found.sort((a, b) => b.score - a.score);
    return suppressed(found.slice(0, CANDIDATES_MAX), overlapMax);
  },
};
