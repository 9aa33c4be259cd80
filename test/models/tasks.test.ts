import { expect, test } from 'vitest';
import { ItemShapeError, joinItems, OutputShapeError, pixelsOf, taskOf } from '../../models/tasks/index.ts';
import { fashion, fixture } from './fashion.ts';
import { runModel } from './run-model.ts';
import { classify, colour, detect } from './stages.ts';

/** A map [1, 4, 4, 4] that detects nothing, but for the given cells. */
function centreMap(cells: { row: number; column: number; logit: number; size: number }[]) {
  const data = new Float32Array(64).fill(-9, 0, 16);
  for (const { row, column, logit, size } of cells)
    [logit, 0.5, 0.25, size].forEach((value, c) => {
      data[c * 16 + row * 4 + column] = value;
    });
  return { data, dims: [1, 4, 4, 4] };
}

function decodeOne(cells: Parameters<typeof centreMap>[0]) {
  const [result] = taskOf(detect).decode(detect, centreMap(cells), 1);
  if (result?.task !== 'object-detection') throw new Error('not a detection');
  return result.detections;
}

test("det8 finds the boxes that Python's decoding finds", async () => {
  const { pack, stages, manifest, readVerified } = await fashion();
  const expected = (await fixture<{ det8: number[][][] }>('detections.json')).det8;
  const count = expected.length;
  const variant = manifest.stages[0]!.variants.find(({ name }) => name === 'det8')!;
  const size = pack.images.pixels.length / pack.images.count;
  const items = { count, pixels: pack.images.pixels.slice(0, count * size) };
  const results = await runModel(await readVerified(variant.file, variant.sha256), stages[0]!, items);
  results.forEach((result, i) => {
    if (result.task !== 'object-detection') throw new Error('not a detection');
    const found = result.detections.map((d) => [d.x0, d.y0, d.x1, d.y1, d.score]);
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

test('each detection gives the next stage one crop, in order', () => {
  const pixels = Uint8Array.from({ length: 256 }, (_, i) => (i % 16 < 8 ? 10 : 200));
  const boxes = [
    { x0: 8, y0: 0, x1: 16, y1: 8, score: 1 },
    { x0: 0, y0: 4, x1: 8, y1: 12, score: 1 },
  ];
  const result = { task: 'object-detection' as const, detections: boxes };
  const children = taskOf(detect).children(detect, { count: 1, pixels }, 0, result, classify);
  expect(children.count).toBe(2);
  expect([...children.pixels]).toEqual([...Array(16).fill(200), ...Array(16).fill(10)]);
});

test('a scene without detections gives the next stage nothing', () => {
  const items = { count: 1, pixels: new Uint8Array(256) };
  const nothing = { task: 'object-detection' as const, detections: [] };
  const children = taskOf(detect).children(detect, items, 0, nothing, classify);
  expect(children).toEqual({ count: 0, pixels: new Uint8Array(0) });
});

test('a classification hands its own item on, at the size of the next stage', () => {
  const items = { count: 2, pixels: new Uint8Array(32).fill(7, 0, 16).fill(9, 16) };
  const label = { task: 'image-classification' as const, label: 0, score: 1 };
  const children = taskOf(classify).children(classify, items, 1, label, colour);
  expect(children).toEqual({ count: 1, pixels: new Uint8Array(4).fill(9) });
});

test('the label is the largest logit, its score the softmax', () => {
  const output = { data: Float32Array.of(0, 2, 1, 3, 0, 0), dims: [2, 3] };
  const [first, second] = taskOf(classify).decode(classify, output, 2);
  const sum = Math.exp(0) + Math.exp(2) + Math.exp(1);
  expect(first).toMatchObject({ label: 1, score: expect.closeTo(Math.exp(2) / sum, 9) });
  expect(second).toMatchObject({ label: 0 });
});

test('pixels are scaled, and normalised by channel', () => {
  const stage = {
    ...classify,
    input: { channels: 3 as const, height: 1, width: 1, mean: [0, 0.5, 1], std: [1, 0.5, 2] },
  };
  const items = { count: 2, pixels: Uint8Array.of(255, 255, 255, 0, 0, 0) };
  const { data, dims } = taskOf(stage).encode(stage, items);
  expect(dims).toEqual([2, 3, 1, 1]);
  expect([...data]).toEqual([1, 1, 0, 0, -1, -0.5]);
});

test('an output of another shape is refused with both shapes', () => {
  const output = { data: new Float32Array(4), dims: [1, 4] };
  expect(() => taskOf(classify).decode(classify, output, 1)).toThrow(OutputShapeError);
  expect(() => taskOf(classify).decode(classify, output, 1)).toThrow(/\[1, 3\].*\[1, 4\]/);
  expect(() => taskOf(detect).decode(detect, output, 1)).toThrow(OutputShapeError);
});

test('items of another size are refused', () => {
  const items = { count: 2, pixels: new Uint8Array(31) };
  expect(() => taskOf(classify).encode(classify, items)).toThrow(ItemShapeError);
});

test('joined items come apart again', () => {
  const parts = [
    { count: 1, pixels: Uint8Array.of(1, 2) },
    { count: 0, pixels: new Uint8Array(0) },
    { count: 2, pixels: Uint8Array.of(3, 4, 5, 6) },
  ];
  const joined = joinItems(parts);
  expect(joined.count).toBe(3);
  expect([...pixelsOf(joined, 1)]).toEqual([3, 4]);
});
