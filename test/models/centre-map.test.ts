import { expect, test } from 'vitest';
import { batchOf, itemsOf } from '../../models/items/item-batch.ts';
import { detectionsOf } from '../../models/tasks/object-detection/centre-map.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import { fashion, fixture } from './fashion.ts';
import { runModel } from './run-model.ts';
import { detect } from './stages.ts';

/** A map [4, 4, 4] that detects nothing, but for the given cells. */
function centreMap(cells: { row: number; column: number; logit: number; size: number }[]) {
  const data = new Float32Array(64).fill(-9, 0, 16);
  for (const { row, column, logit, size } of cells)
    [logit, 0.5, 0.25, size].forEach((value, c) => {
      data[c * 16 + row * 4 + column] = value;
    });
  return data;
}

const decodeOne = (cells: Parameters<typeof centreMap>[0]) =>
  detectionsOf(centreMap(cells), detect.input, { ...detect.output, format: 'centre-map' });

test("det8 finds the boxes that Python's decoding finds", async () => {
  const { pack, stages, readModels } = await fashion();
  const expected = (await fixture<{ det8: number[][][] }>('detections.json')).det8;
  const items = batchOf(itemsOf(pack.items, expected.length));
  const results = await runModel(await readModels(stages[0]!.variant('det8')), stages[0]!, items);
  results.forEach((result, i) => {
    const { detections } = result as StageResult & { detections: Record<string, number>[] };
    const found = detections.map((d) => [d.x0, d.y0, d.x1, d.y1, d.score]);
    expect(found.length).toBe(expected[i]!.length);
    found.flat().forEach((value, k) => {
      expect(value).toBeCloseTo(expected[i]!.flat()[k]!, 3);
    });
  });
});
test('a box is centred on its cell plus offset, in pixels', () => {
  const [box] = decodeOne([{ row: 2, column: 1, logit: 0.1, size: 1 }]);
  expect(box).toMatchObject({ x0: 1, y0: 4, x1: 11, y1: 14 });
  expect(box!.score).toBeCloseTo(1 / (1 + Math.exp(-0.1)), 6);
});

test('a cell at or under the threshold is no detection', () => {
  expect(decodeOne([{ row: 2, column: 1, logit: 0, size: 1 }])).toEqual([]);
});

test('of neighbouring cells only the highest is a detection', () => {
  const found = decodeOne([
    { row: 1, column: 1, logit: 1, size: 1 },
    { row: 2, column: 2, logit: 2, size: 1 },
  ]);
  expect(found.map(({ x0 }) => x0)).toEqual([5]);
});

test('a plateau is one detection', () => {
  const plateau = [0, 1, 2, 3].map((column) => ({ row: 0, column, logit: 3, size: 1 }));
  expect(decodeOne(plateau)).toHaveLength(1);
});

test('boxes are at least 8 pixels and at most twice the image', () => {
  const found = decodeOne([
    { row: 0, column: 0, logit: 1, size: 0.1 },
    { row: 3, column: 3, logit: 1, size: 1e9 },
  ]);
  expect(found.map(({ x0, x1 }) => x1 - x0)).toEqual([8, 32]);
});

test('a cell with a size that is no number is no detection', () => {
  expect(decodeOne([{ row: 0, column: 0, logit: 1, size: Number.NaN }])).toEqual([]);
});
