import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { MeasuredCell } from '../../../solver/documents/cell.ts';
import type { Profile } from '../../../solver/documents/profile.ts';
import { type Random, seededRandom, shuffled } from '../../../solver/math/random.ts';
import { summaryOf } from '../../../solver/math/statistics.ts';
import { packItemCounts, UnmeasuredFanOutError } from '../../../solver/simulate/fanout.ts';
import { attainmentAtLeast, type PredictedPlan, predict } from '../../../solver/simulate/predict.ts';
import {
  serviceFromProfile,
  serviceFromRun,
  UnmeasuredStageError,
} from '../../../solver/simulate/service.ts';

const cell = (stage: string, variant: string, batch: number, samplesMs: number[]): MeasuredCell => ({
  stage,
  variant,
  backend: 'cpu',
  threads: 1,
  batch,
  state: 'measured',
  cold: { loadMs: 0, createMs: 0, firstRunMs: 0 },
  warmupRuns: 1,
  inferenceMs: samplesMs.map((ms) => ms - 1),
  handlingMs: samplesMs.map(() => 1),
  latencyMs: summaryOf(samplesMs),
  outputs: { maxAbsError: 0, agree: true },
  flags: [],
});

const stage = (name: string, batch: number): PredictedPlan['stages'][number] => ({
  name,
  variant: 'v',
  backend: 'cpu',
  threads: 1,
  batch,
  maxWaitMs: 5,
  serviceMs: [
    { items: 1, meanMs: 10 },
    { items: 4, meanMs: 22 },
  ],
});

const profile: Pick<Profile, 'cells' | 'fanOut' | 'coRun'> = {
  coRun: [],
  cells: [
    cell('detect', 'v', 4, [20, 22, 24]),
    cell('detect', 'v', 1, [8, 10, 12]),
    cell('detect', 'slow', 1, [500]),
    cell('classify', 'v', 1, [4, 5, 6]),
    cell('classify', 'v', 4, [8, 9, 10]),
  ],
  fanOut: [
    { stage: 'classify', upstream: { detect: 'slow' }, counts: [9, 9] },
    { stage: 'classify', upstream: { detect: 'v' }, counts: [0, 2, 5] },
  ],
};

const plan = (ratePerS: number, shedding: PredictedPlan['shedding'] = 'late'): PredictedPlan => ({
  slaMs: 200,
  ratePerS,
  shedding,
  stages: [stage('detect', 2), stage('classify', 4)],
  workers: [{ id: 'w', backend: 'cpu', threads: 1, stages: ['detect', 'classify'] }],
});

const ALONE = { size: undefined, beside: [], after: undefined, idleMs: 0 };

/** Makes a source of random numbers that always gives `u`. */
const at =
  (u: number): Random =>
  () =>
    u;

describe('service times of a profile', () => {
  const service = serviceFromProfile(profile, plan(1).stages);

  it('are whole round trips of the chosen variant', () => {
    expect([0, 0.5, 0.99].map((u) => service.sampleMs(0, 1, at(u), ALONE))).toEqual([8, 10, 12]);
  });

  it('lie between those of the neighbouring sizes, at one quantile', () => {
    expect([0, 0.5, 0.99].map((u) => service.sampleMs(0, 2, at(u), ALONE))).toEqual([12, 14, 16]);
  });

  it('do not exist for a variant that was not measured', () => {
    expect(() => serviceFromProfile(profile, [{ ...stage('detect', 1), variant: 'x' }])).toThrow(
      UnmeasuredStageError,
    );
  });
});

describe('service times of a run', () => {
  const entries = [
    { stage: 'detect', variant: 's', backend: 'cpu' as const, items: 2, samplesMs: [30, 10] },
    { stage: 'detect', variant: 's', backend: 'cpu' as const, items: 2, samplesMs: [20] },
    { stage: 'detect', variant: 's', backend: 'webgpu' as const, items: 2, samplesMs: [1] },
  ];

  it('are those of its own batches of that size, variant and backend', () => {
    const service = serviceFromRun(entries, [{ name: 'detect', variant: 's', backend: 'cpu' }]);
    expect([0, 0.5, 0.99].map((u) => service.sampleMs(0, 2, at(u), ALONE))).toEqual([10, 20, 30]);
  });

  it('do not exist for a stage that ran no batch', () => {
    expect(() => serviceFromRun(entries, [{ name: 'classify', variant: 's', backend: 'cpu' }])).toThrow(
      UnmeasuredStageError,
    );
  });
});

describe('fan-out of a profile', () => {
  it('is that of the chosen variants', () => {
    const { packSize, counts } = packItemCounts(profile, plan(1).stages);
    expect(packSize).toBe(3);
    expect([0, 1, 2].map((packItem) => [counts(packItem, 0), counts(packItem, 1)])).toEqual([
      [1, 0],
      [1, 2],
      [1, 5],
    ]);
  });

  it('is not guessed where it was measured with other variants only', () => {
    const fanOut = profile.fanOut.filter(({ upstream }) => upstream.detect !== 'v');
    expect(() => packItemCounts({ fanOut }, plan(1).stages)).toThrow(UnmeasuredFanOutError);
  });

  it('is that of the stage before where it was measured with no variants', () => {
    const flow = packItemCounts(profile, [...plan(1).stages, stage('describe', 1)]);
    expect([0, 1, 2].map((packItem) => flow.counts(packItem, 2))).toEqual([0, 2, 5]);
  });
});

describe('a prediction', () => {
  it('has every request in time at a low rate', () => {
    const predicted = predict(plan(5), profile, { n: 5000, seed: 1 });
    expect(predicted).toMatchObject({ slaAttainment: 1, shedShare: 0, n: 5000 });
    expect(predicted.goodputPerS).toBeCloseTo(5, 9);
    const { p50, p95, p99, max } = predicted.latencyMs!;
    expect([p50, p95, p99, max]).toEqual([p50, p95, p99, max].sort((a, b) => a - b));
  });

  it('has the tail of the slow batches where items are of two sizes', () => {
    const anyCell = fc.record({
      fastMs: fc.integer({ min: 2, max: 20 }),
      timesLonger: fc.integer({ min: 2, max: 40 }),
      slow: fc.integer({ min: 2, max: 8 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(anyCell, ({ fastMs, timesLonger, slow, seed }) => {
        const slowMs = fastMs * timesLonger;
        // Of 20 runs, some are of a large item; their place does not matter.
        const samplesMs = Array.from({ length: 20 }, (_, i) => ((i * 7) % 20 < slow ? slowMs : fastMs));
        const measured = { ...profile, cells: [cell('detect', 'v', 1, samplesMs)] };
        const worker = { ...plan(1).workers[0]!, stages: ['detect'] };
        const rare = { ...plan(0.01), slaMs: 10_000, stages: [stage('detect', 1)], workers: [worker] };
        const { p50, p95 } = predict(rare, measured, { n: 1000, seed }).latencyMs!;
        expect([p50, p95]).toEqual([expect.closeTo(fastMs), expect.closeTo(slowMs)]);
      }),
      { numRuns: 50 },
    );
  });

  it('tells how much is shed in an overload', () => {
    const { slaAttainment, shedShare, goodputPerS } = predict(plan(200), profile, { n: 5000, seed: 1 });
    expect(shedShare).toBeGreaterThan(0.3);
    expect(slaAttainment).toBeLessThan(0.7);
    expect(goodputPerS).toBeCloseTo(200 * slaAttainment, 9);
  });

  it('has what pauses add to the batches of a light load, and by what factor they take longer', () => {
    const pauses = [{ pauseMs: 2, n: 36, delays: [{ percentile: 50, delayMs: 10 }] }];
    const of = (backend: 'cpu' | 'wasm') =>
      predict(plan(1), { ...profile, batchPauses: [{ backend, pauses }] }, { n: 1000, seed: 1 });
    const [after, other] = [of('cpu'), of('wasm')];
    expect(other).toEqual(predict(plan(1), profile, { n: 1000, seed: 1 }));
    // Requests are rare, so the batches of both stages follow a long pause and take 10 ms longer.
    expect(after.latencyMs!.p50 - other.latencyMs!.p50).toBeCloseTo(20, 0);
    expect(after.batchTimeFactor! / other.batchTimeFactor!).toBeGreaterThan(1.5);
  });

  it('has no latency where nothing completes', () => {
    const hopeless = { ...plan(5), slaMs: 1 };
    expect(predict(hopeless, profile, { n: 100, seed: 1 })).toMatchObject({ latencyMs: null, shedShare: 1 });
  });

  it('depends on the seed alone', () => {
    const of = (seed: number) => predict(plan(40), profile, { n: 1000, seed });
    expect(of(1)).toEqual(of(1));
    expect(seededRandom(1)()).not.toBe(seededRandom(2)());
    expect(of(1)).not.toEqual(of(2));
  });
});

it('slow batches come together in the simulation as they did when they were measured, so that queues grow longer', () => {
  const slow = (i: number) => (i % 80 < 8 ? 30 : 5);
  const order = Array.from({ length: 400 }, (_, i) => i);
  const p95 = (samples: number[]) => {
    const cells = [cell('detect', 'v', 1, samples), ...profile.cells.slice(3)];
    const one = { ...plan(60, 'never'), stages: [stage('detect', 1), stage('classify', 4)] };
    return predict(one, { ...profile, cells }, { n: 4000, seed: 1 }).latencyMs!.p95!;
  };
  expect(p95(order.map(slow)) / p95(shuffled(order, seededRandom(1)).map(slow))).toBeGreaterThan(1.2);
});

describe('an attainment that may be too low', () => {
  it('is the predicted one, and nothing where that is below the least', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 400 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 100 }),
        fc.constantFrom('late' as const, 'never' as const),
        (ratePerS, n, least, seed, shedding) => {
          const options = { n, seed, slower: 1.2 };
          const { slaAttainment } = predict(plan(ratePerS, shedding), profile, options);
          const told = attainmentAtLeast(least, plan(ratePerS, shedding), profile, options);
          expect(told).toBe(slaAttainment < least ? undefined : slaAttainment);
        },
      ),
    );
  });
});

test('a prediction has no time factor if its batches take no time, or are expected to take as good as none', () => {
  const takes = (ms: number): Pick<Profile, 'cells' | 'fanOut' | 'coRun'> => ({
    ...profile,
    cells: ['detect', 'classify'].map((name) => ({
      ...cell(name, 'v', 1, [1]),
      inferenceMs: [ms],
      handlingMs: [0],
    })),
  });
  const expecting = (meanMs: number): PredictedPlan => ({
    ...plan(1),
    stages: plan(1).stages.map((row) => ({ ...row, batch: 1, serviceMs: [{ items: 1, meanMs }] })),
  });
  const factor = (tookMs: number, expectedMs: number) =>
    predict(expecting(expectedMs), takes(tookMs), { n: 20, seed: 1 }).batchTimeFactor;
  expect(factor(10, 5)).toBeCloseTo(2);
  expect(factor(0, 5)).toBeUndefined();
  expect(factor(10, 5e-324)).toBeUndefined();
});
