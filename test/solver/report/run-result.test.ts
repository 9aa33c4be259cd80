import { expect, test } from 'vitest';
import type { RequestRecord } from '../../../solver/documents/run-report.ts';
import { requestOutcomes, requestResult } from '../../../solver/report/run-result.ts';

const completed = (latencyMs: number): RequestRecord => ({ arrivalMs: 0, latencyMs, outcome: 'completed' });
const without = (outcome: 'shed' | 'failed'): RequestRecord => ({ arrivalMs: 0, latencyMs: null, outcome });

test('whatever was shed, failed or too late is a miss', () => {
  const requests = [completed(10), completed(20), completed(21), without('shed'), without('failed')];
  expect(requestResult(requests, 20, 2)).toEqual({
    completed: 3,
    shed: 1,
    failed: 1,
    latencyMs: { p50: 20, p95: null, p99: null, max: 21, n: 3 },
    slaAttainment: 2 / 5,
    goodputPerS: 1,
  });
});

test('of few requests a result has no high percentile, and a summary has', () => {
  const requests = Array.from({ length: 50 }, (_, i) => completed(i + 1));
  expect(requestResult(requests, 20, 2).latencyMs).toEqual({ p50: 25, p95: 48, p99: null, max: 50, n: 50 });
  expect(requestOutcomes(requests, 20, 2).latencyMs).toEqual({ p50: 25, p95: 48, p99: 50, max: 50 });
});

test('of no requests nothing is attained and nothing missed', () => {
  expect(requestResult([], 20, 2)).toMatchObject({ completed: 0, slaAttainment: null, goodputPerS: 0 });
});
