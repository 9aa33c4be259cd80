import { expect, test } from 'vitest';
import { measuredCell } from '../../workers/profiler/measured-cell.ts';
import { mostUncertain, sweepEnd } from '../../workers/profiler/sweep.ts';

test('a sweep goes on while larger batches give more items per second', () => {
  expect(
    sweepEnd(
      [
        { batch: 1, p50Ms: 10 },
        { batch: 2, p50Ms: 12 },
        { batch: 4, p50Ms: 16 },
      ],
      1000,
    ),
  ).toBeNull();
});

test('a sweep ends when one batch alone breaks the SLA', () => {
  expect(
    sweepEnd(
      [
        { batch: 1, p50Ms: 10 },
        { batch: 2, p50Ms: 51 },
      ],
      50,
    ),
  ).toBe('breaks-sla');
});

test('a sweep ends after two doublings without more items per second, not after one', () => {
  const one = [
    { batch: 1, p50Ms: 10 },
    { batch: 2, p50Ms: 20 },
  ];
  expect(sweepEnd(one, 1000)).toBeNull();
  expect(sweepEnd([...one, { batch: 4, p50Ms: 40 }], 1000)).toBe('no-more-items-per-second');
});

test('a gain after one flat doubling keeps the sweep going', () => {
  const points = [
    { batch: 1, p50Ms: 10 },
    { batch: 2, p50Ms: 20 },
    { batch: 4, p50Ms: 30 },
  ];
  expect(sweepEnd(points, 1000)).toBeNull();
});

const cell = (variant: string, samples: number[]) =>
  measuredCell(
    {
      key: { stage: 'detect', variant, backend: 'wasm', threads: 1, batch: 1 },
      cold: { loadMs: 0, createMs: 0, firstRunMs: 0 },
      warmupRuns: 1,
      outputs: { maxAbsError: 0, agree: true },
      timerGrainMs: 0.005,
      flags: [],
    },
    samples.map((inferenceMs) => ({ inferenceMs, handlingMs: 0 })),
  );

test('time goes to the cell with the widest interval', () => {
  const steady = cell(
    'steady',
    Array.from({ length: 50 }, (_, i) => 10 + (i % 2) / 100),
  );
  const noisy = cell(
    'noisy',
    Array.from({ length: 50 }, (_, i) => 10 + (i % 10)),
  );
  expect(mostUncertain([steady, noisy], 1000)).toBe(noisy);
});

test('time goes to no cell that would not fit into it, and to none that is known well', () => {
  const slow = cell('slow', [500, 700, 900]);
  const steady = cell(
    'steady',
    Array.from({ length: 50 }, () => 10),
  );
  expect(mostUncertain([slow, steady], 400)).toBeUndefined();
});
