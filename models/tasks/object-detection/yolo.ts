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

/** Only this many of the most probable candidates are compared, because the comparison takes quadratic time. */
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
    const [candidates, numbers] = format === 'yolov5' ? [rows, columns] : [columns, rows];
    const value =
      format === 'yolov5'
        ? (candidate: number, i: number) => values[candidate * columns + i]!
        : (candidate: number, i: number) => values[i * columns + candidate]!;
    const first = format === 'yolov5' ? 5 : 4;
    const found: Detection[] = [];
    for (let k = 0; k < candidates; k++) {
      let label = 0;
      for (let c = 1; c < numbers - first; c++) if (value(k, first + c) > value(k, first + label)) label = c;
      const score = value(k, first + label) * (format === 'yolov5' ? value(k, 4) : 1);
      if (score > threshold)
        found.push(
          ...inside(detectionOf(value(k, 0), value(k, 1), value(k, 2), value(k, 3), label, score), size),
        );
    }
    found.sort((a, b) => b.score - a.score);
    return suppressed(found.slice(0, CANDIDATES_MAX), overlapMax);
  },
};
