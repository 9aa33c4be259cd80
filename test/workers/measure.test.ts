import { expect, test } from 'vitest';
import type { Tensor } from '../../models/tasks/tensor.ts';
import type { Dtype } from '../../solver/documents/manifest.ts';
import { compareOutputs, sample, warmUp } from '../../workers/profiler/measure.ts';
import { extendCell, measuredCell } from '../../workers/profiler/measured-cell.ts';

const facts = {
  key: { stage: 'detect', variant: 'det4', backend: 'wasm', threads: 1, batch: 1 },
  cold: { loadMs: 1, createMs: 2, firstRunMs: 3 },
  warmupRuns: 4,
  outputs: { maxAbsError: 0, agree: true },
  timerGrainMs: 0.005,
  flags: [],
} as const;

const takes = (times: number[]) => {
  let i = 0;
  return async () => ({ inferenceMs: times[Math.min(i++, times.length - 1)]!, handlingMs: 0 });
};

test('warm-up goes on until two windows agree', async () => {
  expect(await warmUp(takes([500, 200, 101, 100, 100, 100]))).toEqual({ runs: 4, settled: true });
});

test('a slow cell gets its fewest samples, a fast one as many as a p99 needs', async () => {
  expect(await sample(takes([1000]), 100)).toHaveLength(5);
  expect(await sample(takes([0.1]), 10_000)).toHaveLength(100);
});

const tensor = (...data: number[]): Tensor[] => [
  { type: 'float32', data: Float32Array.from(data), dims: [1, data.length] },
];

test('outputs agree within a thousandth of the largest value, and never with NaN', () => {
  expect(compareOutputs(tensor(100.05, 1), tensor(100, 1), ['fp32']).agree).toBe(true);
  expect(compareOutputs(tensor(100.2, 1), tensor(100, 1), ['fp32']).agree).toBe(false);
  expect(compareOutputs(tensor(Number.NaN, 1), tensor(100, 1), ['fp32']).agree).toBe(false);
  expect(compareOutputs(tensor(1), tensor(1, 1), ['fp32']).agree).toBe(false);
  expect(compareOutputs(tensor(1, 1), tensor(1), ['fp32']).agree).toBe(false);
});

test('outputs of less precise weights may differ more, and the least precise model of a variant decides', () => {
  const agree = (found: number, ...dtypes: Dtype[]) =>
    compareOutputs(tensor(found), tensor(100), dtypes).agree;
  expect([agree(102, 'fp32'), agree(102, 'fp16'), agree(104, 'fp16')]).toEqual([false, true, false]);
  expect([agree(106, 'q8'), agree(106, 'q4f16'), agree(120, 'q8')]).toEqual([true, true, false]);
  expect([agree(106, 'fp32', 'fp16'), agree(106, 'fp32', 'q8')]).toEqual([false, true]);
});

test('an infinite value agrees only with its equal, leaves the others their tolerance, and never makes an infinite error', () => {
  const [UP, DOWN] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  expect(compareOutputs(tensor(UP, DOWN, 1), tensor(UP, DOWN, 1), ['fp32'])).toEqual({
    maxAbsError: 0,
    agree: true,
  });
  expect(compareOutputs(tensor(UP, 1.5), tensor(UP, 1), ['fp32'])).toEqual({
    maxAbsError: 0.5,
    agree: false,
  });
  for (const [found, wanted] of [
    [UP, 1],
    [1, UP],
    [UP, DOWN],
  ] as const)
    expect(compareOutputs(tensor(found), tensor(wanted), ['fp32'])).toEqual({
      maxAbsError: Number.MAX_VALUE,
      agree: false,
    });
});

test('a cell flags few samples, a coarse timer and outputs that differ', () => {
  const cell = measuredCell({ ...facts, timerGrainMs: 0.1, outputs: { maxAbsError: 1, agree: false } }, [
    { inferenceMs: 1, handlingMs: 0.5 },
  ]);
  expect(new Set(cell.flags)).toEqual(new Set(['few-samples', 'timer-grain', 'output-mismatch']));
});

test('a cell keeps raw samples of both parts and sums them up together', () => {
  const cell = measuredCell(facts, [
    { inferenceMs: 3, handlingMs: 1 },
    { inferenceMs: 5, handlingMs: 1 },
  ]);
  expect(cell).toMatchObject({
    inferenceMs: [3, 5],
    handlingMs: [1, 1],
    latencyMs: { n: 2, mean: 5, p50: 4 },
  });
});

test('more samples of a cell join the first and lift the flag of too few', () => {
  const first = measuredCell(facts, [{ inferenceMs: 3, handlingMs: 1 }]);
  const more = extendCell(
    first,
    Array.from({ length: 30 }, () => ({ inferenceMs: 3, handlingMs: 1 })),
    0.005,
  );
  expect(more.latencyMs.n).toBe(31);
  expect(more.flags).toEqual([]);
  expect(more.cold).toEqual(first.cold);
});

const loop = (size: number, steps: number) => ({
  inferenceMs: 5 + steps,
  handlingMs: 1,
  batch: {
    size,
    steps,
    runsMs:
      steps > 1 ? { encoder: 3, 'decoder-first': 2, decoder: steps } : { encoder: 3, 'decoder-first': 2 },
  },
});

test('a cell keeps the size of each batch, and the steps and times of a loop', () => {
  const cell = extendCell(measuredCell(facts, [loop(7, 1)]), [loop(30, 4)], 0.005);
  expect(cell).toMatchObject({
    sizes: [7, 30],
    steps: [1, 4],
    runsMs: { encoder: [3, 3], 'decoder-first': [2, 2], decoder: [0, 4] },
  });
});

test('a cell of programs with one session run keeps sizes alone', () => {
  const single = { inferenceMs: 3, handlingMs: 1, batch: { size: 9, steps: 0, runsMs: { model: 3 } } };
  const cell = extendCell(measuredCell(facts, [single]), [single], 0.005);
  expect(cell.sizes).toEqual([9, 9]);
  expect(cell).not.toHaveProperty('steps');
  expect(cell).not.toHaveProperty('runsMs');
});

test('a cell that an older version began has no sizes', () => {
  const begun = measuredCell(facts, [{ inferenceMs: 3, handlingMs: 1 }]);
  expect(extendCell(begun, [loop(7, 1)], 0.005)).not.toHaveProperty('sizes');
});
