import { expect, test } from 'vitest';
import type { RequestRecord } from '../../../solver/documents/run-report.ts';
import { isValid } from '../../../solver/report/lateness.ts';

const SLA_MS = 100;
const REQUESTS = 1000;

const completed = (latencyMs: number): RequestRecord => ({ arrivalMs: 0, latencyMs, outcome: 'completed' });
const SHED: RequestRecord = { arrivalMs: 0, latencyMs: null, outcome: 'shed' };

/** Returns whether a run of 1,000 requests is valid, of which `count` are as given and sent `lateMs` late, the others on time. */
function run(count: number, request: RequestRecord, lateMs: number, others = completed(40)): boolean {
  const late = (i: number) => i % (REQUESTS / count) < 1;
  return isValid(
    Array.from({ length: REQUESTS }, (_, i) => (late(i) ? request : others)),
    Array.from({ length: REQUESTS }, (_, i) => (late(i) ? lateMs : 0)),
    SLA_MS,
  );
}

test('late sending that does not show in the p95 or the attainment leaves a run valid', () => {
  expect(run(REQUESTS, completed(40), 5)).toBe(true);
  expect(run(40, completed(90), 50)).toBe(true);
  expect(run(8, completed(101), 6)).toBe(true);
});

test('a run is not valid if late sending raised its p95 by more than 5 % of the SLA', () => {
  expect(run(REQUESTS, completed(40), 5.1)).toBe(false);
  expect(run(100, completed(90), 50)).toBe(false);
});

test('a run is not valid if late requests lowered its attainment by more than 0.01', () => {
  expect(run(20, completed(101), 6)).toBe(false);
  expect(run(20, SHED, 6)).toBe(false);
});

test('a run whose requests were mostly sent late is valid only if they missed the SLA from their sending, too', () => {
  expect(run(REQUESTS, SHED, 78)).toBe(false);
  expect(run(800, SHED, 6, SHED)).toBe(false);
  expect(run(800, completed(200), 50, completed(2000))).toBe(true);
});

test('a run stays valid if its requests miss the SLA whether they are sent late or not', () => {
  expect(run(500, SHED, 6, SHED)).toBe(true);
  expect(run(500, completed(2000), 4, completed(2010))).toBe(true);
  expect(isValid([], [], SLA_MS)).toBe(true);
});
