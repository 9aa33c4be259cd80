import { expect, test } from 'vitest';
import { batchTimeFactor, batchTimeFactors, batchTimeSentences } from '../../../solver/report/batch-times.ts';

type Run = Parameters<typeof batchTimeSentences>[0];
type Batches = Run['service'][number];

const row = {
  ...{ name: 'detect', variant: 'det16', backend: 'cpu' },
  serviceMs: [
    { items: 1, meanMs: 4 },
    { items: 3, meanMs: 8 },
  ],
  standby: { variant: 'det8', serviceMs: [{ items: 1, meanMs: 2 }] },
};
const batches = (items: number, samplesMs: number[], of: Partial<Batches> = {}): Batches => ({
  ...{ stage: 'detect', variant: 'det16', backend: 'cpu', items, samplesMs },
  ...of,
});
const run = (service: Batches[], simulated = false, predicted: object = {}) =>
  ({ service, simulated, plans: [{ atMs: 0, plan: { stages: [row], predicted } }] }) as unknown as Run;

test('the times of all batches are set against those that the plan expects for as many items', () => {
  expect(batchTimeFactor(run([batches(1, [4, 6]), batches(2, [10])]))).toBeCloseTo(20 / 14);
});

test('pauses and contention that the plan was simulated with are expected, too', () => {
  const slow = run([batches(1, [4, 6])], false, { batchTimeFactor: 2 });
  expect(batchTimeFactor(slow)).toBeCloseTo(10 / 16);
});

test('batches of a standby are set against its own times', () => {
  expect(batchTimeFactor(run([batches(1, [4]), batches(1, [3], { variant: 'det8' })]))).toBeCloseTo(7 / 6);
});

test('batches that no plan of the run has are left out', () => {
  const others = [batches(1, [90], { stage: 'classify' }), batches(1, [90], { backend: 'wasm' })];
  expect(batchTimeFactor(run([batches(1, [4]), ...others]))).toBe(1);
  expect(batchTimeFactor(run(others))).toBeNull();
});

test('each backend has its own factor', () => {
  const onGpu = { ...row, name: 'classify', backend: 'webgpu' };
  const both = run([batches(1, [6]), batches(1, [2], { stage: 'classify', backend: 'webgpu' })]);
  const plans = [{ atMs: 0, plan: { stages: [row, onGpu], predicted: {} } }] as unknown as Run['plans'];
  expect(batchTimeFactors({ ...both, plans })).toEqual({ cpu: 1.5, webgpu: 0.5 });
});

test('a backend whose plans expect 0 ms has no factor', () => {
  const atOnce = { ...row, serviceMs: [{ items: 1, meanMs: 0 }] };
  const plans = [{ atMs: 0, plan: { stages: [atOnce], predicted: {} } }] as unknown as Run['plans'];
  expect(batchTimeFactors({ ...run([batches(1, [4])]), plans })).toEqual({});
});

test('a run tells of batches that took much longer or shorter than expected, and not of others', () => {
  const sentences = (factor: number, simulated = false) =>
    batchTimeSentences(run([batches(1, [4 * factor])], simulated));
  expect(sentences(1.4)).toEqual(['Batches took 1.4 times as long as planned.']);
  expect(sentences(0.75)).toEqual(['Batches took 0.75 times as long as planned.']);
  expect([...sentences(1.15), ...sentences(0.87)]).toEqual([]);
  expect(sentences(1.4, true)).toEqual([]);
});
