import { expect, test } from 'vitest';
import { sweepEnd } from '../../workers/profiler/sweep.ts';

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
  expect(sweepEnd([...points, { batch: 8, p50Ms: 60 }], 1000)).toBeNull();
});
