import { expect, test } from 'vitest';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { plan } from '../../solver/plan/planner.ts';
import { cell, profile, request, resources, runs } from './profiles.ts';

const solver = await loadSolver();

const CELLS = [cell('detect', 's', 'webgpu', 1, runs(20)), cell('classify', 's', 'webgpu', 1, runs(10))];

/** Plans two stages that take most of a GPU's time. @param slowDowns of two workers on the GPU; empty if nobody measured them */
function planned(slowDowns: number[], ratePerS = 19, cells = CELLS, keep?: Plan) {
  const coRun: Profile['coRun'] =
    slowDowns.length > 0 ? [{ backend: 'webgpu', threads: 1, n: 100, slowDowns }] : [];
  return plan(
    solver,
    { profile: profile(cells, { coRun }), sha256: 'b'.repeat(64) },
    request({
      ratePerS,
      slaMs: 1000,
      restrictTo: { detect: ['s'], classify: ['s'] },
      resources: resources({ utilisationMax: 1 }),
      ...(keep && { keep }),
    }),
  );
}

const workers = (of: ReturnType<typeof plan>) => of.workers.map(({ stages }) => stages);
const TOGETHER = [['detect', 'classify']];
const APART = [['detect'], ['classify']];

test('stages on a GPU get a worker each where two surely get more done than one', () => {
  const apart = planned([1.4, 1.1, 1.2, 1.2, 1.2]);
  expect(workers(apart)).toEqual(APART);
  expect(apart.predicted.latencyMs!.p95).toBeLessThan(0.95 * planned([]).predicted.latencyMs!.p95);
});

test('stages on a GPU get a worker each where only one of all would not keep up with slower batches', () => {
  const cells = ['s', 'm'].map((variant) => cell('detect', variant, 'webgpu', 1, runs(20)));
  const coRun = [{ backend: 'webgpu' as const, threads: 1 as const, n: 100, slowDowns: Array(5).fill(1.2) }];
  const given = { profile: profile([...cells, CELLS[1]!], { coRun }), sha256: 'b'.repeat(64) };
  const asked = { ratePerS: 18, slaMs: 1000, resources: resources({ utilisationMax: 1 }) };
  const made = plan(solver, given, request(asked));
  // The accurate detector m finds more objects, with which one worker is busy for 0.99 of the time.
  expect([made.stages[0]!.variant, workers(made), made.predicted.tightened]).toEqual(['m', APART, 0]);
});

test.each<[string, number[]]>([
  ['two only take turns', [2, 2.1, 1.9, 2, 2]],
  ['two get less done', [2.6, 2.6, 2.6, 2.6, 2.6]],
  ['it is not sure that two get more done', [1.2, 1.2, 1.2, 1.2, 2.3]],
  ['too few rounds were measured to be sure', [1.2, 1.2, 1.2, 1.2]],
  ['it was not measured, as in older profiles', []],
])('stages on a GPU share a worker where %s', (_, slowDowns) => {
  expect(workers(planned(slowDowns))).toEqual(TOGETHER);
});

test('a gain that nobody would notice is no reason for a second worker', () => {
  expect(workers(planned(Array(5).fill(1.9), 1))).toEqual(TOGETHER);
});

test('shedding reckons with what a worker takes from the other', () => {
  const [detect, classify] = planned(Array(5).fill(1.2)).stages;
  expect(detect!.serviceMs[0]!.meanMs).toBeCloseTo(22 * (1 + 0.2 * classify!.gpuShare), 9);
});

test('a stage on a CPU keeps its own worker', () => {
  const cells = [CELLS[0]!, cell('classify', 's', 'cpu', 1, runs(10))];
  expect(workers(planned(Array(5).fill(1.2), 19, cells))).toEqual(APART);
  expect(planned(Array(5).fill(1.2), 19, cells).stages[0]!.serviceMs[0]!.meanMs).toBeCloseTo(22, 9);
});

test('a plan that keeps the running sessions leaves stages on a GPU in their workers, whatever the load', () => {
  const slowDowns = Array(5).fill(1.2);
  const [low, high] = [planned(slowDowns, 1), planned(slowDowns)];
  expect([workers(low), workers(high)]).toEqual([TOGETHER, APART]);
  expect(workers(planned(slowDowns, 19, CELLS, low))).toEqual(TOGETHER);
  expect(workers(planned(slowDowns, 1, CELLS, high))).toEqual(APART);
});

test('shedding reckons with what a worker takes from the other in a plan that keeps both, too', () => {
  const slowDowns = Array(5).fill(1.2);
  const high = planned(slowDowns);
  expect(planned(slowDowns, 19, CELLS, high).stages).toEqual(high.stages);
});

test('stages on a GPU get a worker each also where the stages on a CPU share one', () => {
  const names = ['detect', 'classify', 'rank', 'route'];
  const cells = [...CELLS, cell('rank', 's', 'cpu', 1, runs(5)), cell('route', 's', 'cpu', 1, runs(5))];
  const { stages, fanOut } = profile(CELLS);
  const measured = profile(cells, {
    stages: names.map((name, s) => stages[s] ?? { ...stages[1]!, name }),
    fanOut: names.map((name, s) => fanOut[s] ?? { ...fanOut[1]!, stage: name, upstream: {} }),
    coRun: [{ backend: 'webgpu', threads: 1, n: 100, slowDowns: Array(5).fill(1.2) }],
  });
  const found = plan(
    solver,
    { profile: measured, sha256: 'b'.repeat(64) },
    request({ ratePerS: 19, slaMs: 1000, resources: resources({ cores: 1, utilisationMax: 1 }) }),
  );
  expect(workers(found)).toEqual([['detect'], ['classify'], ['rank', 'route']]);
});
