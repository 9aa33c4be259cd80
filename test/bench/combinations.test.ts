import { expect, test } from 'vitest';
import { combinations } from '../../bench/comparison/combinations.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { cell, profile, request, resources, runs } from '../solver/profiles.ts';

const solver = await loadSolver();

test('a combination of variants that no plan allows tells what binds, where only a shared worker meets the nearest SLA', async () => {
  const cells = [cell('detect', 's', 'cpu', 1, runs(10)), cell('classify', 's', 'cpu', 1, runs(3))];
  // Two workers slow each other down; one worker for both stages is not slowed.
  const delays = [{ percentile: 50, delayMs: 0 }];
  const given = profile(cells, { coRun: [{ backend: 'cpu', threads: 1, n: 100, delays, slowDown: 3 }] });
  const asked = request({
    slaMs: 10,
    ratePerS: 5,
    backends: ['cpu'],
    resources: resources({ cores: 2, gpus: 0 }),
  });
  const measured = { profile: given, sha256: 'b'.repeat(64) };
  expect(await combinations(solver, measured, asked, async () => {})).toMatchObject([
    { variants: { detect: 's', classify: 's' }, feasible: false, binding: expect.stringContaining('SLA') },
  ]);
});

test('before each combination the finished share is reported, and no further one is planned if that throws', async () => {
  const given = profile([
    ...['s', 'm'].map((variant) => cell('detect', variant, 'cpu', 1, runs(10))),
    ...['s', 'l'].map((variant) => cell('classify', variant, 'cpu', 1, runs(3))),
  ]);
  const shares: number[] = [];
  const next = async (done: number) => {
    shares.push(done);
    if (done === 0.5) throw new Error('stopped');
  };
  const measured = { profile: given, sha256: 'b'.repeat(64) };
  await expect(combinations(solver, measured, request(), next)).rejects.toThrow('stopped');
  expect(shares).toEqual([0, 0.25, 0.5]);
});

test('a combination that has no plan even without a limit on latency is left out', async () => {
  const cells = [cell('detect', 's', 'webgpu', 1, runs(10)), cell('classify', 's', 'webgpu', 1, runs(3))];
  const measured = { profile: profile(cells), sha256: 'b'.repeat(64) };
  const asked = request({ backends: ['webgpu'], resources: resources({ cores: 2, gpus: 0 }) });
  expect(await combinations(solver, measured, asked, async () => {})).toEqual([]);
});
