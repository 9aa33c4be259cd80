import { expect, test } from 'vitest';
import {
  BATCH_SLOWNESS_MS,
  BatchCorrection,
  type TimedBatches,
} from '../../../solver/adapt/batch-correction.ts';
import type { Backend } from '../../../solver/documents/common.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import type { Profile } from '../../../solver/documents/profile.ts';
import { cell } from '../profiles.ts';

/** Batches of one item take 10 ms in the profile, and batches of four take 16 ms. */
const cells = (['cpu', 'cuda'] as const).flatMap((backend) =>
  ['detect', 'classify'].flatMap((stage) => [
    cell(stage, 'v', backend, 1, [10]),
    cell(stage, 'v', backend, 4, [16]),
  ]),
);
const profile = { cells } as unknown as Profile;

/** A plan of a stage on each backend, with a worker each. */
const plan = (backends: readonly Backend[], batchTimeFactor?: number) =>
  ({
    stages: backends.map((backend, s) => ({
      ...{ name: ['detect', 'classify'][s]!, variant: 'v', backend, threads: 1 },
    })),
    workers: backends.map((backend, s) => ({ backend, stages: [['detect', 'classify'][s]!] })),
    predicted: { ...(batchTimeFactor !== undefined && { batchTimeFactor }) },
  }) as unknown as Plan;

/** Batches of two items each, which take 12 ms by the profile. */
const timed = (row: string, msEach: number, batches = 500): [string, TimedBatches] => [
  row,
  { batches, items: 2 * batches, ms: msEach * batches },
];

/** Takes the same batches for some minutes, once in ten seconds. */
const minutes = (n: number, correction: BatchCorrection, of: [string, TimedBatches][], by: Plan): string[] =>
  Array.from({ length: 6 * n }, () => correction.take(new Map(of), 10_000, by)).flat();

test('batches that take twice as long as in the profile are what plans count with after some minutes, and a text says so', () => {
  const correction = new BatchCorrection(profile);
  const texts = minutes(5, correction, [timed('detect', 24)], plan(['cpu']));
  expect(texts.at(-1)).toMatch(
    /^a batch on cpu takes (1\.[89]\d|2\.00) times what the profile says: plans count with that/,
  );
  expect(correction.factors.cpu).toBeGreaterThan(1.8);
  expect(correction.factors.cpu).toBeLessThanOrEqual(2);
});

test('after the time constant, 63 % of a change is covered', () => {
  const correction = new BatchCorrection(profile);
  correction.take(new Map([timed('detect', 24)]), 0.5 * BATCH_SLOWNESS_MS, plan(['cpu']));
  correction.take(new Map([timed('detect', 24)]), 0.5 * BATCH_SLOWNESS_MS, plan(['cpu']));
  // A factor changes by a tenth or more, so it may be that much behind.
  expect(correction.factors.cpu).toBeCloseTo(1 + (1 - Math.exp(-1)), 1);
});

test('what a plan already expects of pauses and contention is no slowness', () => {
  const correction = new BatchCorrection(profile);
  expect(minutes(5, correction, [timed('detect', 24)], plan(['cpu'], 2))).toEqual([]);
});

test('each backend has its own factor', () => {
  const correction = new BatchCorrection(profile);
  minutes(10, correction, [timed('detect', 12), timed('classify', 6)], plan(['cpu', 'cuda']));
  expect(correction.factors.cpu).toBe(1);
  expect(correction.factors.cuda).toBeCloseTo(0.5, 1);
});

test('rows of one backend count together, each by its own share of the time', () => {
  const correction = new BatchCorrection(profile);
  const rows = [timed('detect', 24, 300), timed('classify', 12, 300)];
  minutes(10, correction, rows, plan(['cpu', 'cpu']));
  expect(correction.factors.cpu).toBeGreaterThan(1.35);
  expect(correction.factors.cpu).toBeLessThan(1.55);
});

test('workers that are mostly idle say nothing of the machine', () => {
  const correction = new BatchCorrection(profile);
  expect(minutes(10, correction, [timed('detect', 24, 50)], plan(['cpu']))).toEqual([]);
  expect(correction.factors.cpu ?? 1).toBe(1);
});

test('rows that the plan does not have, and variants that the profile does not have, count nothing', () => {
  const correction = new BatchCorrection(profile);
  const other = plan(['cpu']);
  const unknown = { ...other, stages: [{ ...other.stages[0]!, variant: 'w' }] };
  expect(minutes(5, correction, [timed('classify', 99)], other)).toEqual([]);
  expect(minutes(5, correction, [timed('detect', 99)], unknown)).toEqual([]);
});
