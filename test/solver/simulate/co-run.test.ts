import { expect, test } from 'vitest';
import type { MeasuredCell } from '../../../solver/documents/cell.ts';
import type { CpuCoRun, GpuCoRun } from '../../../solver/documents/co-run.ts';
import type { Backend } from '../../../solver/documents/common.ts';
import { batchHostMs, expectedTimesMs } from '../../../solver/plan/co-run.ts';
import { delayAtMs } from '../../../solver/plan/delays.ts';
import { serviceFromProfile } from '../../../solver/simulate/service.ts';
import { cell, profile, runs } from '../profiles.ts';

const coRun: CpuCoRun = {
  backend: 'wasm',
  threads: 1,
  n: 100,
  delays: [
    { percentile: 50, delayMs: 1 },
    { percentile: 90, delayMs: 3 },
  ],
};

const ALONE = { size: undefined, beside: [], after: undefined, idleMs: 0 };
const BESIDE = { ...ALONE, beside: [1] };

/** Stage `a` takes 10 ms, `b` 20 ms; each on its backend. */
function serviceOn(a: Backend, b: Backend, more: Partial<CpuCoRun> = {}) {
  const stages = [
    { name: 'a', variant: 'v', backend: a, threads: 1 },
    { name: 'b', variant: 'v', backend: b, threads: 1 },
  ];
  const cells = stages.map(
    ({ name, ...rest }, i) =>
      ({
        ...rest,
        stage: name,
        state: 'measured',
        batch: 1,
        inferenceMs: [10 * (i + 1)],
        handlingMs: [0],
      }) as unknown as MeasuredCell,
  );
  return serviceFromProfile({ cells, coRun: [{ ...coRun, ...more }] }, stages);
}

test('a delay is interpolated between the percentiles measured, and level beyond them', () => {
  expect([10, 50, 70, 90, 99].map((p) => delayAtMs(coRun.delays, p))).toEqual([1, 1, 2, 3, 3]);
});

test('a batch on a CPU is delayed, as batches were, while another stage runs beside it', () => {
  const service = serviceOn('wasm', 'wasm');
  expect([0.2, 0.7, 0.95].map((u) => service.sampleMs(0, 1, () => u, BESIDE))).toEqual([11, 12, 13]);
});

test('a batch takes longer after a pause of its session, but beside another only by the delay of the co-run', () => {
  const cells = ['a', 'b'].map((stage) => cell(stage, 'v', 'cpu', 1, Array(20).fill(10)));
  const pauses = [{ pauseMs: 8, n: 9, delays: [{ percentile: 50, delayMs: 4 }] }];
  const kind = { backend: 'cpu' as const, threads: 1, n: 9 };
  const profile = {
    cells,
    coRun: [{ ...kind, delays: [{ percentile: 50, delayMs: 1 }] }],
    batchPauses: [{ backend: 'cpu' as const, stage: 'a', pauses }],
  };
  const rows = cells.map(({ stage, variant, threads }) => ({
    ...{ name: stage, variant, backend: 'cpu' as const, threads },
  }));
  const service = serviceFromProfile(profile, rows);
  const after = (row: number, idleMs: number, beside: number[] = []) =>
    service.sampleMs(row, 1, () => 0.5, { ...ALONE, idleMs, beside });
  expect([after(0, 0), after(0, 4), after(0, 99), after(1, 99)]).toEqual([10, 12, 14, 10]);
  expect(after(0, 99, [1])).toBe(11);
});

test('a batch to a pod takes longer after a pause of the pod, also beside another', () => {
  const latency = [{ percentile: 50, delayMs: 0 }];
  const serving = {
    requests: [{ body: 'binary' as const, bodyBytes: 1, n: 1, coreMs: 1, latency }],
    hops: [{ stage: 'a', items: 1, n: 1, gatewayMs: 1, podMs: 1, latency }],
    hopPauses: [{ pauseMs: 8, n: 9, delays: [{ percentile: 50, delayMs: 2 }] }],
  };
  const cells = ['a', 'b'].map((stage) => cell(stage, 'v', 'cpu', 1, Array(20).fill(10)));
  const rows = cells.map(({ stage, variant }) => ({
    ...{ name: stage, variant, backend: 'cpu' as const, threads: 1 },
  }));
  const measured = { backend: 'cpu' as const, threads: 1, n: 9, delays: [{ percentile: 50, delayMs: 1 }] };
  const service = serviceFromProfile({ cells, coRun: [measured], serving }, rows);
  const after = (beside: number[]) => service.sampleMs(0, 1, () => 0.5, { ...ALONE, idleMs: 99, beside });
  expect([after([]), after([1])]).toEqual([12, 13]);
});

test('batches on cores slow each other as they did, and those on a GPU do not slow them', () => {
  const slow = { slowDown: 1.5 };
  expect(serviceOn('wasm', 'wasm', slow).slowDown!(0, [0, 1])).toBe(1.5);
  expect(serviceOn('wasm', 'wasm', slow).slowDown!(0, [0])).toBe(1);
  expect(serviceOn('wasm', 'webgpu', slow).slowDown!(0, [0, 1])).toBe(1);
  expect(serviceOn('wasm', 'wasm').slowDown).toBeUndefined();
});

test('workers of one stage slow and delay each other as such workers did, others as workers of two stages', () => {
  const stages = ['a', 'b'].map((name) => ({ name, variant: 'v', backend: 'cpu' as const, threads: 1 }));
  const cells = stages.map(({ name }) => cell(name, 'v', 'cpu', 1, Array(20).fill(10)));
  const kind = { backend: 'cpu' as const, threads: 1, n: 9 };
  const measured: CpuCoRun[] = [
    { ...kind, slowDown: 1.1, delays: [{ percentile: 50, delayMs: 1 }], hostMs: 0.1 },
    { ...kind, stage: 'a', slowDown: 1.5, delays: [{ percentile: 50, delayMs: 2 }], hostMs: 0.5 },
  ];
  const service = serviceFromProfile({ cells, coRun: measured }, stages);
  for (const [row, other, slowDown, ms] of [
    [0, 0, 1.5, 12],
    [0, 1, 1.1, 11],
    [1, 1, 1.5, 12],
  ] as const) {
    expect(service.slowDown!(row, [row, other])).toBe(slowDown);
    expect(service.sampleMs(row, 1, () => 0.5, { ...ALONE, beside: [other] })).toBe(ms);
  }
  expect(['a', 'b'].map((stage) => batchHostMs({ coRun: measured }, { ...kind, stage }))).toEqual([0.5, 0.1]);
});

test.each<[string, number | undefined, number]>([
  ["after another session's batch in its worker, by a part of its session's smallest batch", 1, 12],
  ['not after a batch of its own session', 0, 10],
  ['not as the first batch of its worker', undefined, 10],
])('a batch takes longer %s', (_, after, ms) => {
  const service = serviceOn('wasm', 'wasm', { afterOther: 0.2 });
  expect(service.sampleMs(0, 1, () => 0.95, { ...ALONE, after })).toBe(ms);
});

test('a batch takes what it took alone while nothing runs beside it', () => {
  expect(serviceOn('wasm', 'wasm').sampleMs(0, 1, () => 0.95, ALONE)).toBe(10);
});

test.each<[string, Backend, Backend]>([
  ['it is on a GPU', 'webgpu', 'wasm'],
  ['what runs beside it is on a GPU', 'wasm', 'webgpu'],
  ['its co-run was not measured', 'cpu', 'cpu'],
])('a batch is not delayed where %s', (_, a, b) => {
  expect(serviceOn(a, b).sampleMs(0, 1, () => 0.95, BESIDE)).toBe(10);
});

test('a request is sent late, as timers were, while two stages run on a CPU', () => {
  const service = serviceOn('wasm', 'wasm', { lateness: coRun.delays });
  expect([0.2, 0.7, 0.95].map((u) => service.latenessMs!([0, 1], () => u))).toEqual([1, 2, 3]);
  expect(service.latenessMs!([1], () => 0.95)).toBe(0);
});

test('a request is sent on time where a stage is on a GPU, or where no lateness was measured', () => {
  const service = serviceOn('wasm', 'webgpu', { lateness: coRun.delays });
  expect(service.latenessMs!([0, 1], () => 0.95)).toBe(0);
  expect(serviceOn('wasm', 'wasm').latenessMs).toBeUndefined();
});

test('what a plan may expect of a CPU is half of the batches delayed, where there are other stages', () => {
  const cell = {
    backend: 'wasm',
    threads: 1,
    inferenceMs: Array(1000).fill(9),
    handlingMs: Array(1000).fill(1),
  } as unknown as MeasuredCell;
  const stage = { name: 's', task: 't', metric: 'm', variants: [] };
  const mean = (times: number[]) => times.reduce((sum, ms) => sum + ms, 0) / times.length;
  expect(mean(expectedTimesMs({ stages: [stage], coRun: [coRun] }, cell))).toBe(10);
  // Half of the batches have a delay: 1 ms up to the median, 3 ms from the 90th percentile on, 1.6 ms in the mean.
  expect(mean(expectedTimesMs({ stages: [stage, stage], coRun: [coRun] }, cell))).toBeCloseTo(10.8, 2);
  // With a slow-down, too, few samples and many have the mean of 10 ms and 1.5 · 11.6 ms.
  const slower = { stages: [stage, stage], coRun: [{ ...coRun, slowDown: 1.5 }] };
  expect(mean(expectedTimesMs(slower, cell))).toBeCloseTo(13.7, 1);
  const few = { ...cell, inferenceMs: [9], handlingMs: [1] };
  expect(mean(expectedTimesMs(slower, few))).toBeCloseTo(13.7, 1);
});

const CELLS = [cell('detect', 's', 'cpu', 1, runs(1))];

test('a profile holds delays of a CPU and slow-downs of a GPU, and refuses one for the other', () => {
  const shared: GpuCoRun = { backend: 'webgpu', threads: 1, n: 9, slowDowns: [1.8] };
  const late = { ...coRun, slowDown: 1.2, lateness: coRun.delays };
  expect(profile(CELLS, { coRun: [coRun, late, shared] }).coRun).toEqual([coRun, late, shared]);
  const refused = (entry: object) => () => profile(CELLS, { coRun: [entry as CpuCoRun] });
  expect(refused({ ...coRun, backend: 'webgpu' })).toThrow(/coRun\[0\]\.slowDowns/);
  expect(refused({ ...shared, backend: 'wasm' })).toThrow(/coRun\[0\]\.delays/);
  expect(refused({ ...shared, slowDowns: [] })).toThrow(/coRun\[0\]\.slowDowns/);
});
