import { expect, test } from 'vitest';
import { seededRandom } from '../../../solver/math/random.ts';
import { mean } from '../../../solver/math/statistics.ts';
import { BatchTimes } from '../../../solver/simulate/batch-times.ts';

/** Sizes from 1 to 20, each twice. */
const SIZES = Array.from({ length: 40 }, (_, i) => 1 + (i % 20));
const timesMs = SIZES.map((size) => 10 + 3 * size);
const QUANTILES = [0, 0.25, 0.5, 0.75, 0.99];

test('larger items take longer by the line through the measured batches', () => {
  const times = new BatchTimes([{ items: 1, timesMs, sizes: SIZES }]);
  for (const size of [1, 5.5, 20, 30])
    expect(QUANTILES.map((u) => times.atMs(1, u, size))).toEqual(
      QUANTILES.map(() => expect.closeTo(10 + 3 * size)),
    );
});

test('no batch takes less time than the fastest one measured', () => {
  expect(new BatchTimes([{ items: 1, timesMs, sizes: SIZES }]).atMs(1, 0, 0)).toBe(13);
});

test('between two numbers of items, a batch takes the time between theirs with items as large', () => {
  const times = new BatchTimes([
    { items: 4, timesMs: timesMs.map((ms) => 2 * ms), sizes: SIZES.map((size) => 4 * size) },
    { items: 2, timesMs, sizes: SIZES.map((size) => 2 * size) },
  ]);
  // Items of size 5: a batch of 2 takes 10 + 3 · 5 = 25 ms, one of 4 takes 50 ms.
  expect(times.atMs(2, 0.5, 10)).toBeCloseTo(25);
  expect(times.atMs(4, 0.5, 20)).toBeCloseTo(50);
  expect(times.atMs(3, 0.5, 15)).toBeCloseTo(37.5);
});

test('batches of the measured sizes take as long on average as measured, whatever else makes them differ', () => {
  const random = seededRandom(1);
  const measured = timesMs.map((ms) => 100 + ms + 30 * random());
  const times = new BatchTimes([{ items: 1, timesMs: measured, sizes: SIZES }]);
  const drawn = SIZES.flatMap((size) => SIZES.map((_, i) => times.atMs(1, i / SIZES.length, size)));
  expect(mean(drawn) / mean(measured)).toBeCloseTo(1, 2);
});

test('sizes that hardly differ say little beside those that do', () => {
  const sizes = SIZES.map((_, i) => (i < 36 ? 5 + 1e-9 * i : 50));
  const measured = sizes.map((size, i) => 10 + 2 * size + (i % 7));
  const times = new BatchTimes([{ items: 1, timesMs: measured, sizes }]);
  expect(times.atMs(1, 0.5, 50) - times.atMs(1, 0.5, 5)).toBeGreaterThan(80);
  expect(times.atMs(1, 0.5, 50) - times.atMs(1, 0.5, 5)).toBeLessThan(100);
});

test('a few disturbed batches do not tilt the line', () => {
  const disturbed = timesMs.map((ms, i) => (i < 6 ? ms + 500 : ms));
  const times = new BatchTimes([{ items: 1, timesMs: disturbed, sizes: SIZES }]);
  expect(times.atMs(1, 0.5, 20) - times.atMs(1, 0.5, 10)).toBeCloseTo(30);
});

test.each<[string, { sizes?: number[]; timesMs: number[]; size?: number }]>([
  ['where the size of the items is not known', { sizes: SIZES, timesMs }],
  ['where the sizes of the measured batches are not known', { timesMs, size: 7 }],
  ['where all sizes are equal', { sizes: SIZES.map(() => 784), timesMs, size: 784 }],
  [
    'where too few batches were measured',
    { sizes: SIZES.slice(0, 19), timesMs: timesMs.slice(0, 19), size: 7 },
  ],
  ['where larger items take no longer', { sizes: SIZES.map((size) => -size), timesMs, size: 7 }],
])('batches take what they took %s', (_, { size, ...measured }) => {
  const sorted = [...measured.timesMs].sort((a, b) => a - b);
  const times = new BatchTimes([{ items: 1, ...measured }]);
  const at = (u: number) => sorted[Math.floor(u * sorted.length)];
  expect(QUANTILES.map((u) => times.atMs(1, u, size))).toEqual(QUANTILES.map(at));
});

test('a sample is as slow as the batch that was measured at its place, also where the number of items lies between', () => {
  const times = new BatchTimes([
    { items: 4, timesMs: [30, 10, 20] },
    { items: 1, timesMs: [5, 6] },
  ]);
  const at = (items: number) =>
    [0, 1, 2, 3].map((s) => times.atMs(items, times.quantileOf(s, items), undefined));
  expect(at(4)).toEqual([30, 10, 20, 30]);
  expect(at(1)).toEqual([5, 6, 5, 6]);
  expect(at(2)[1]).toBeLessThan(at(2)[2]!);
  expect(times.quantileOf(1, 9)).toBe(times.quantileOf(1, 4));
});

test('a batch is as slow as the others of its size are, whatever takes long because of its size', () => {
  const slow = (i: number) => (i === 3 ? 50 : 0);
  const times = new BatchTimes([{ items: 1, timesMs: timesMs.map((ms, i) => ms + slow(i)), sizes: SIZES }]);
  expect(times.atMs(1, times.quantileOf(3, 1), 1)).toBeCloseTo(10 + 3 + 50);
});
