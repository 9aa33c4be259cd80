import { expect, test } from 'vitest';
import { type SettleLimits, settle } from '../../workers/stage/settle.ts';

/** Makes runs that take these times in turn, and then the last one forever. */
const takes = (times: readonly number[]) => {
  let i = 0;
  return async () => times[Math.min(i++, times.length - 1)]!;
};
const limits = (more: Partial<SettleLimits> = {}): SettleLimits => ({
  ...{ windowMs: 40, runsMost: 10, windowsMost: 6, mostMs: Number.POSITIVE_INFINITY },
  ...more,
});
const growing = Array.from({ length: 100 }, (_, i) => 100 * 1.5 ** i);

test('a batch runs until two windows agree', async () => {
  expect(await settle(takes([500, 200, 101, 100, 100, 100]), limits())).toEqual({ runs: 4, settled: true });
});

test('a single run agrees with no window of many, and one long run among many does not count', async () => {
  // The windows have 1, 4 and 4 runs.
  expect(await settle(takes([10, 10, 10, 10, 90, 10]), limits())).toEqual({ runs: 9, settled: true });
});

test('runs that never settle end after their windows or their time, and say so', async () => {
  expect(await settle(takes(growing), limits())).toEqual({ runs: 6, settled: false });
  expect(await settle(takes(growing), limits({ mostMs: 400 }))).toEqual({ runs: 3, settled: false });
});
