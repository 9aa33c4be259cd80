import { expect, test } from 'vitest';
import { combinations } from '../../bench/comparison/combinations.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { cell, profile, request, resources, runs } from '../solver/profiles.ts';

const solver = await loadSolver();

test('a combination of variants that no plan allows tells what binds, where only a shared worker meets the nearest SLA', () => {
  const cells = [cell('detect', 's', 'cpu', 1, runs(10)), cell('classify', 's', 'cpu', 1, runs(3))];
  // Two workers slow each other down, one for both stages does not.
  const delays = [{ percentile: 50, delayMs: 0 }];
  const given = profile(cells, { coRun: [{ backend: 'cpu', threads: 1, n: 100, delays, slowDown: 3 }] });
  const asked = request({
    slaMs: 10,
    ratePerS: 5,
    backends: ['cpu'],
    resources: resources({ cores: 2, gpus: 0 }),
  });
  const measured = { profile: given, sha256: 'b'.repeat(64) };
  expect(combinations(solver, measured, asked)).toMatchObject([
    { variants: { detect: 's', classify: 's' }, feasible: false, binding: expect.stringContaining('SLA') },
  ]);
});
