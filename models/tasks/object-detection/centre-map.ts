import { z } from 'zod';
import { positiveCount } from '../../../solver/documents/common.ts';
import type { Box } from '../../items/crop.ts';
import type { ImageInput } from '../images.ts';

/** The output [batch, 4, height, width] of a centre-point detector: heat-map logit, x and y offset in cells, size. */
export const centreMap = z.strictObject({
  format: z.literal('centre-map'),
  /** Pixels per cell. */
  stride: positiveCount,
  /** Pixels per unit of the size channel. */
  sizeScale: z.number().positive(),
  /** Lowest probability of a detection. */
  threshold: z.number().min(0).max(1),
});
type CentreMap = z.output<typeof centreMap>;

export type Detection = Box & { readonly score: number };

/** Rows and columns of the map. */
const cellsOf = ({ height, width }: ImageInput, { stride }: CentreMap): [rows: number, columns: number] => [
  Math.ceil(height / stride),
  Math.ceil(width / stride),
];

/** Shape of the map of one image. */
export const centreMapDims = (input: ImageInput, output: CentreMap): number[] => [
  4,
  ...cellsOf(input, output),
];

/** Smaller boxes hold nothing that a classifier could use. */
const MIN_BOX_PX = 8;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * Whether cell (row, column) tops its 3 × 3 neighbourhood. Of equal neighbours the first in reading order does,
 * so a plateau is one detection.
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

/** Detections of one image in reading order of their cells; boxes are square. @param map [4, rows, columns] */
export function detectionsOf(map: Float32Array, input: ImageInput, output: CentreMap): Detection[] {
  const { stride, sizeScale, threshold } = output;
  const [rows, columns] = cellsOf(input, output);
  const plane = rows * columns;
  // A wild size would make the crop, and with it the time of a request, unbounded.
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
      const half = Math.min(maxBoxPx, Math.max(MIN_BOX_PX, size)) / 2;
      found.push({ x0: x - half, y0: y - half, x1: x + half, y1: y + half, score });
    }
  return found;
}
