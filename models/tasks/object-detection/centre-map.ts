import { z } from 'zod';
import { positiveCount } from '../../../solver/documents/common.ts';
import type { PictureSize } from '../pictures.ts';
import { FLOATS } from '../tensor.ts';
import { type Detection, type DetectorOutput, detectionOf, sigmoid } from './detection.ts';

/**
 * Manifest field: the only output of a centre-point detector of one class, [batch, 4, rows, columns]. The channels are the logit
 * that the cell is an object's centre, the centre's x and y offset in the cell (in cells), and the object's size.
 */
const field = z.strictObject({
  format: z.literal('centre-map'),
  /** Width and height of a cell in pixels. */
  stride: positiveCount,
  /** Factor that converts the size channel to pixels. */
  sizeScale: z.number().positive(),
  /** Detections need a probability above this. */
  threshold: z.number().min(0).max(1),
});
type CentreMap = z.output<typeof field>;

/** Number of rows and columns of the map. */
const cellsOf = ({ height, width }: PictureSize, { stride }: CentreMap): [rows: number, columns: number] => [
  Math.ceil(height / stride),
  Math.ceil(width / stride),
];

export const centreMap: DetectorOutput<CentreMap> = {
  field,
  tensors: (size, output) => [{ types: FLOATS, dims: [4, ...cellsOf(size, output)] }],
  detections: ([map], size, output) => detectionsOf(map!.values, size, output),
};

/** Smaller boxes are enlarged to this width and height, because a smaller crop holds too few pixels to classify. */
const BOX_PX_MIN = 8;

/**
 * Whether cell (row, column) is a peak: the largest of its 3 × 3 neighbourhood. Of equal cells only the first in reading order is
 * a peak, so that a plateau gives one detection.
 */
function isPeak(map: Float32Array, rows: number, columns: number, row: number, column: number): boolean {
  const own = map[row * columns + column]!;
  for (let r = Math.max(0, row - 1); r <= Math.min(rows - 1, row + 1); r++)
    for (let c = Math.max(0, column - 1); c <= Math.min(columns - 1, column + 1); c++) {
      const other = map[r * columns + c]!;
      const earlier = r < row || (r === row && c < column);
      if (other > own || (earlier && other === own)) return false;
    }
  return true;
}

/** Decodes the detections of one picture, in reading order of their cells; boxes are square. @param map [4, rows, columns] */
export function detectionsOf(map: Float32Array, input: PictureSize, output: CentreMap): Detection[] {
  const { stride, sizeScale, threshold } = output;
  const [rows, columns] = cellsOf(input, output);
  const plane = rows * columns;
  // The sides of a box are limited, because a model may give a box of any size, and a huge crop would delay the request.
  const maxBoxPx = 2 * Math.max(input.height, input.width);
  const found: Detection[] = [];
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const cell = row * columns + column;
      const score = sigmoid(map[cell]!);
      if (!(score > threshold) || !isPeak(map, rows, columns, row, column)) continue;
      const x = (column + map[cell + plane]!) * stride;
      const y = (row + map[cell + 2 * plane]!) * stride;
      const size = map[cell + 3 * plane]! * sizeScale;
      if (!Number.isFinite(x + y + size)) continue;
      const side = Math.min(maxBoxPx, Math.max(BOX_PX_MIN, size));
      found.push(detectionOf(x, y, side, side, 0, score));
    }
  return found;
}
