import type { DetectionStage } from '../manifests/manifest.ts';
import { cropResize, pixelCount } from './image.ts';
import { checkOutput, encodeImages, pixelsOf } from './items.ts';
import type { Box, Task } from './task.ts';

/** Smaller boxes hold nothing that a classifier could use. */
const MIN_BOX_PX = 8;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * Whether cell (row, column) tops its 3 × 3 neighbourhood. Of equal neighbours the first in reading order does,
 * so a plateau is one detection.
 */
function isPeak(
  map: Float32Array,
  start: number,
  rows: number,
  columns: number,
  row: number,
  column: number,
) {
  const own = map[start + row * columns + column]!;
  for (let r = Math.max(0, row - 1); r <= Math.min(rows - 1, row + 1); r++)
    for (let c = Math.max(0, column - 1); c <= Math.min(columns - 1, column + 1); c++) {
      const other = map[start + r * columns + c]!;
      const earlier = r < row || (r === row && c < column);
      if (other > own || (earlier && other === own)) return false;
    }
  return true;
}

/** Detections in reading order of the cells of item `index`; boxes are square. */
function detections(stage: DetectionStage, map: Float32Array, rows: number, columns: number, index: number) {
  const { stride, sizeScale, threshold } = stage.output;
  const plane = rows * columns;
  const start = index * 4 * plane;
  // A wild size would make the crop, and with it the time of a request, unbounded.
  const maxBoxPx = 2 * Math.max(stage.input.height, stage.input.width);
  const found: (Box & { score: number })[] = [];
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const cell = start + row * columns + column;
      const score = sigmoid(map[cell]!);
      if (!(score > threshold) || !isPeak(map, start, rows, columns, row, column)) continue;
      const x = (column + map[cell + plane]!) * stride;
      const y = (row + map[cell + 2 * plane]!) * stride;
      const size = map[cell + 3 * plane]! * sizeScale;
      if (!Number.isFinite(x + y + size)) continue;
      const half = Math.min(maxBoxPx, Math.max(MIN_BOX_PX, size)) / 2;
      found.push({ x0: x - half, y0: y - half, x1: x + half, y1: y + half, score });
    }
  return found;
}

/** Scenes → boxes, by a centre map (`centreMap` in the manifest). Each box is an item of the next stage. */
export const objectDetection: Task<DetectionStage> = {
  encode: (stage, items, scratch) => encodeImages(stage.name, stage.input, items, scratch),

  decode(stage, output, count) {
    const rows = Math.ceil(stage.input.height / stage.output.stride);
    const columns = Math.ceil(stage.input.width / stage.output.stride);
    checkOutput(stage, output, [count, 4, rows, columns]);
    return Array.from({ length: count }, (_, i) => ({
      task: 'object-detection' as const,
      detections: detections(stage, output.data, rows, columns, i),
    }));
  },

  children(stage, items, index, result, next) {
    const boxes = result.task === 'object-detection' ? result.detections : [];
    const image = pixelsOf(items, index);
    const size = pixelCount(next.input);
    const pixels = new Uint8Array(boxes.length * size);
    boxes.forEach((box, i) => {
      cropResize(image, stage.input, box, pixels.subarray(i * size, (i + 1) * size), next.input);
    });
    return { count: boxes.length, pixels };
  },
};
