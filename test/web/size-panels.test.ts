import { expect, test } from 'vitest';
import { batchesOfSizes, medianLine, sizePanels } from '../../web/charts/size-panels.ts';
import { sizePlot } from '../../web/charts/size-plot.ts';
import { cell, runs } from '../solver/profiles.ts';

const sizes = runs(10).map((_, i) => 100 - i);

test('only batches whose runs differ in size are drawn against it', () => {
  const cells = [
    cell('detect', 's', 'cpu', 4, runs(10), { sizes }),
    cell('detect', 's', 'cpu', 2, runs(10), { sizes: sizes.map(() => 7) }),
    cell('detect', 's', 'cpu', 1, runs(10)),
  ];
  expect(batchesOfSizes(cells)).toEqual([4]);
  expect(sizePanels('detect', cells, 2, 'bytes')).toEqual([]);
});

test('a chart has a point for each run of each variant, from the smallest to the largest', () => {
  const cells = ['s', 'm'].map((variant) => cell('detect', variant, 'cpu', 4, runs(10), { sizes }));
  const [panel, ...others] = sizePanels('detect', cells, 4, 'bytes');
  expect(others).toEqual([]);
  expect(panel!.points.map(({ size }) => size)).toEqual([...sizes, ...sizes].sort((a, b) => a - b));
  expect(panel!.points[0]).toMatchObject({
    variant: 's',
    size: 81,
    ms: 20,
    text: 's, 81 bytes\n20.0\u00a0ms',
  });
});

test('a point tells the steps and the times of encoder, first step and later steps', () => {
  const each = (value: number) => runs(10).map(() => value);
  const columns = {
    sizes,
    steps: each(3),
    runsMs: { encoder: each(4), 'decoder-first': each(2), decoder: each(3) },
  };
  const [panel] = sizePanels('detect', [cell('detect', 's', 'cpu', 4, runs(10), columns)], 4, 'seconds');
  expect(panel!.points[0]!.text.split('\n').slice(2)).toEqual([
    '3 steps',
    'encoder 4.00\u00a0ms',
    'first step 2.00\u00a0ms',
    'later steps 3.00\u00a0ms',
  ]);
});

test('a line goes through the medians of runs of like size', () => {
  const points = Array.from({ length: 11 }, (_, i) => ({ variant: 's', size: i, ms: 10 * i, text: '' }));
  expect(medianLine(points)).toEqual([
    { size: 2, ms: 20 },
    { size: 8, ms: 80 },
  ]);
});

test('as many runs as several cells may have are plotted', () => {
  const points = Array.from({ length: 300_000 }, (_, i) => ({ variant: 's', size: i, ms: 1, text: '' }));
  expect(sizePlot(points, ['s'], 'bytes', [0.5, 2], 600).marks).toHaveLength(6);
});
