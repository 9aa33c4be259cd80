import { expect, test } from 'vitest';
import type { CoRun, MeasuredCell, Profile } from '../../solver/documents/profile.ts';
import { serviceTimesMs, slowdownAt } from '../../solver/service-times.ts';

const coRun: CoRun = {
  backend: 'wasm',
  threads: 1,
  n: 100,
  slowdowns: [
    { percentile: 50, times: 1 },
    { percentile: 90, times: 3 },
  ],
};

const cell = (backend: MeasuredCell['backend']) =>
  ({ backend, threads: 1, inferenceMs: [8, 4, 1, 2], handlingMs: [2, 1, 1, 0] }) as MeasuredCell;

const profile = (stages: number): Pick<Profile, 'stages' | 'coRun'> => ({
  stages: Array.from({ length: stages }, () => ({ name: 's', task: 't', metric: 'm', variants: [] })),
  coRun: [coRun],
});

test('a slowdown is interpolated between the percentiles measured, and level beyond them', () => {
  expect([10, 50, 70, 90, 99].map((p) => slowdownAt(coRun, p))).toEqual([1, 1, 2, 3, 3]);
});

test('on a CPU beside another stage, slow batches are slowed as slow ones were', () => {
  // Quantiles 12.5, 37.5, 62.5 and 87.5 of the round trips 2, 2, 5, 10.
  expect([...serviceTimesMs(profile(2), cell('wasm'))]).toEqual([2, 2, 5 * 1.625, 10 * 2.875]);
});

test.each<[string, number, MeasuredCell['backend']]>([
  ['alone in its pipeline', 1, 'wasm'],
  ['on a GPU', 2, 'webgpu'],
  ['on a backend whose co-run was not measured', 2, 'cpu'],
])('a stage %s takes what it took alone', (_, stages, backend) => {
  expect([...serviceTimesMs(profile(stages), cell(backend))]).toEqual([2, 2, 5, 10]);
});
