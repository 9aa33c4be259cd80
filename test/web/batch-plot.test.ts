import * as Plot from '@observablehq/plot';
import { expect, test } from 'vitest';
import { batchPanels } from '../../web/charts/batch-panels.ts';
import { batchPlot, LATENCY } from '../../web/charts/batch-plot.ts';
import { cell, runs } from '../solver/profiles.ts';

interface ShownMark {
  readonly dx: number;
  readonly channels: Readonly<Record<string, { readonly value: unknown } | undefined>>;
}

test('latency stands against the batch on an axis of powers of 2, with a band from p5 to p95 and the cold runs beside it', () => {
  const batches = [1, 2, 4];
  const cells = batches.map((batch) => cell('detect', 's', 'cpu', batch, runs(10 * batch)));
  const { x, marks } = batchPlot(
    batchPanels('detect', cells)[0]!.points,
    ['s'],
    batches,
    [10, 80],
    LATENCY,
    600,
  );
  expect(x).toMatchObject({ type: 'log', base: 2, ticks: batches });
  const all = marks!.flat() as unknown as ShownMark[];
  const valuesOf = (kind: typeof Plot.Area | typeof Plot.Dot) =>
    all
      .filter((mark) => mark instanceof kind)
      .map(({ channels, dx }) => [dx, ...['y', 'y1', 'y2'].flatMap((name) => channels[name]?.value ?? [])]);
  expect(valuesOf(Plot.Area)).toEqual([[0, 'p5', 'p95']]);
  expect(valuesOf(Plot.Dot)).toEqual([
    [9, 'cold'],
    [0, 'p50'],
  ]);
});
