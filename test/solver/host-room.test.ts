import { expect, test } from 'vitest';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { plan } from '../../solver/plan/planner.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { cell, profile, request, resources, runs } from './profiles.ts';

const solver = await loadSolver();

const CELLS = [
  cell('detect', 's', 'cpu', 1, runs(4)),
  cell('detect', 'm', 'cpu', 1, runs(15)),
  cell('classify', 's', 'cpu', 1, runs(6)),
];

/**
 * Returns the detector of a plan on two cores. With m, the better one, the workers are busy for 1.45 cores.
 * @param hostMs the time of each of 160 batches a second in the thread that hands batches out; undefined if nobody measured it
 */
function detector(hostMs: number | undefined, more: Partial<PlanRequest> = {}): string {
  const { device } = profile(CELLS);
  const delays = [{ percentile: 50, delayMs: 0 }];
  const measured = profile(CELLS, {
    device: { ...device, logicalCores: 2 },
    coRun: [{ backend: 'cpu', threads: 1, n: 100, delays, ...(hostMs !== undefined && { hostMs }) }],
  });
  const asked = request({ ratePerS: 40, slaMs: 1000, resources: resources({ cores: 2, gpus: 0 }), ...more });
  return plan(solver, { profile: measured, sha256: 'b'.repeat(64) }, asked).stages[0]!.variant;
}

test('a plan leaves the thread that hands out its batches a share of the cores', () => {
  expect(detector(0.5)).toBe('m');
  expect(detector(2)).toBe('s');
});

test('a profile that does not tell what that thread takes is planned as if it took nothing', () => {
  expect(detector(undefined)).toBe('m');
});

test('pods leave that thread its own cores', () => {
  expect(detector(2, { apart: true })).toBe('m');
});
