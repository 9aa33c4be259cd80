import { expect, test } from 'vitest';
import {
  BATCH_SLOWNESS_MS,
  BatchCorrection,
  type TimedBatches,
} from '../../../solver/adapt/batch-correction.ts';
import type { Backend } from '../../../solver/documents/common.ts';
import type { Plan } from '../../../solver/documents/plan.ts';

/** Batches of one item take 10 ms by the profile, and batches of four take 16 ms. */
const serviceMs = [
  { items: 1, meanMs: 10 },
  { items: 4, meanMs: 16 },
];

/** A plan with one stage, and one worker for the stage, on each of the backends. */
const plan = (backends: readonly Backend[], more: object = {}): Plan =>
  ({
    stages: backends.map((backend, s) => ({ name: ['detect', 'classify'][s]!, backend, serviceMs })),
    workers: backends.map((backend, s) => ({ backend, stages: [['detect', 'classify'][s]!] })),
    predicted: {},
    ...more,
  }) as unknown as Plan;

/** Batches of two items each, which take 12 ms by the profile. */
const timed = (row: string, msEach: number, batches = 500): [string, TimedBatches] => [
  row,
  { batches, items: 2 * batches, ms: msEach * batches },
];

/** Gives a correction the same batches every ten seconds for `n` minutes. @returns the correction's texts */
const minutes = (n: number, correction: BatchCorrection, of: [string, TimedBatches][], by: Plan): string[] =>
  Array.from({ length: 6 * n }, () => correction.take(new Map(of), 10_000, by)).flat();

test('batches that take twice as long as in the profile are what plans count with after some minutes, and a text says so', () => {
  const correction = new BatchCorrection({});
  const texts = minutes(5, correction, [timed('detect', 24)], plan(['cpu']));
  expect(texts.at(-1)).toMatch(
    /^a batch on cpu takes (1\.[89]\d|2\.00) times as long as in the profile, so new plans expect that/,
  );
  expect(correction.factors.cpu).toBeGreaterThan(1.8);
  expect(correction.factors.cpu).toBeLessThanOrEqual(2);
});

test('after the time constant, 63 % of a change is covered', () => {
  const correction = new BatchCorrection({});
  correction.take(new Map([timed('detect', 24)]), 0.5 * BATCH_SLOWNESS_MS, plan(['cpu']));
  correction.take(new Map([timed('detect', 24)]), 0.5 * BATCH_SLOWNESS_MS, plan(['cpu']));
  // Plans get a new factor once it differs by a tenth or more, as it does after each of the two calls.
  expect(correction.factors.cpu).toBeCloseTo(1 + (1 - Math.exp(-1)), 1);
});

test('what a plan already expects of pauses and contention is no slowness', () => {
  const correction = new BatchCorrection({});
  expect(
    minutes(5, correction, [timed('detect', 24)], plan(['cpu'], { predicted: { batchTimeFactor: 2 } })),
  ).toEqual([]);
});

test('each backend has its own factor', () => {
  const correction = new BatchCorrection({});
  minutes(10, correction, [timed('detect', 12), timed('classify', 6)], plan(['cpu', 'cuda']));
  expect(correction.factors.cpu).toBe(1);
  expect(correction.factors.cuda).toBeCloseTo(0.5, 1);
});

test('rows of one backend count together, each by its own share of the time', () => {
  const correction = new BatchCorrection({});
  const rows = [timed('detect', 24, 300), timed('classify', 12, 300)];
  minutes(10, correction, rows, plan(['cpu', 'cpu']));
  expect(correction.factors.cpu).toBeGreaterThan(1.35);
  expect(correction.factors.cpu).toBeLessThan(1.55);
});

test('workers that are mostly idle say nothing of the machine', () => {
  const correction = new BatchCorrection({});
  expect(minutes(10, correction, [timed('detect', 24, 50)], plan(['cpu']))).toEqual([]);
  expect(correction.factors.cpu ?? 1).toBe(1);
  // A worker may hold rows of which nothing was timed.
  const shared = plan(['cpu'], { workers: [{ backend: 'cpu', stages: ['detect', 'classify'] }] });
  expect(minutes(10, correction, [timed('detect', 24, 50)], shared)).toEqual([]);
});

test('a reading each second says the same as one in ten seconds', () => {
  const correction = new BatchCorrection({});
  const idle = new Map([timed('detect', 0, 0)]);
  const one = new Map([timed('detect', 24, 20)]);
  // A second of work, in which one worker is busy for 480 ms, and then nine without: too little to count.
  for (let s = 0; s < 600; s++) correction.take(s % 10 === 0 ? one : idle, 1000, plan(['cpu']));
  expect(correction.factors.cpu ?? 1).toBe(1);
  for (let s = 0; s < 600; s++) correction.take(one, 1000, plan(['cpu']));
  expect(correction.factors.cpu).toBeGreaterThan(1.8);
});

test('a plan for pods counts nothing on a profile that does not know the way to them', () => {
  const forPods = plan(['cpu'], { forPods: true });
  expect(minutes(5, new BatchCorrection({}), [timed('detect', 24)], forPods)).toEqual([]);
});

test('rows that the plan does not have count nothing', () => {
  expect(minutes(5, new BatchCorrection({}), [timed('classify', 99)], plan(['cpu']))).toEqual([]);
});

test('a plan that was made with a correction keeps the correction while batches take as long as it says', () => {
  const correction = new BatchCorrection({});
  minutes(10, correction, [timed('detect', 24)], plan(['cpu']));
  const { cpu } = correction.factors;
  const slower = serviceMs.map(({ items, meanMs }) => ({ items, meanMs: cpu! * meanMs }));
  const next = plan(['cpu'], { inService: { batches: { cpu } } });
  const replanned = { ...next, stages: next.stages.map((row) => ({ ...row, serviceMs: slower })) };
  expect(minutes(10, correction, [timed('detect', 24)], replanned)).toEqual([]);
  expect(correction.factors.cpu).toBe(cpu);
});

test('the way to pods, as a plan counts it, is no time in the worker', () => {
  const latency = [{ percentile: 50, delayMs: 3 }];
  const hops = [{ stage: 'detect', items: 2, n: 10, gatewayMs: 0, podMs: 0, latency }];
  const correction = new BatchCorrection({ serving: { requests: [], hops } });
  // Of the 12 ms that the plan expects, 6 are the way to the pod: twice the 3 ms that were measured.
  const corrected = plan(['cpu'], {
    forPods: true,
    inService: { hops: { detect: 2 } },
    // Round trips of pods overlap, but not the batches in a pod.
    predicted: { batchTimeFactor: 0.7 },
  });
  minutes(10, correction, [timed('detect', 6)], corrected);
  expect(correction.factors.cpu ?? 1).toBe(1);
  minutes(10, correction, [timed('detect', 12)], corrected);
  expect(correction.factors.cpu).toBeGreaterThan(1.8);
});
