import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mean } from '../../../solver/math/statistics.ts';
import { batchPause, hopPause, overlapOf } from '../../../solver/plan/serving.ts';
import { arrivalsOf } from '../../../solver/simulate/arrivals.ts';
import type { ServingModel } from '../../../solver/simulate/service.ts';
import { type SimulationInput, simulate } from '../../../solver/simulate/simulate.ts';
import { cell, runs } from '../profiles.ts';

const NOTHING: ServingModel = { requestMs: 0, wayMs: 0, sampleWayMs: () => 0, threadMs: () => 0 };

/** Two stages with a worker each, 0 to 3 items in the second, and batches of 2 and 3. */
function input(ratePerS: number, seconds: number, seed: number, serving?: ServingModel): SimulationInput {
  const arrivalsMs = arrivalsOf(
    { rates: Array<number>(seconds).fill(ratePerS), intervalS: 1 },
    { scale: 1, seed, kind: 'poisson' },
  );
  return {
    policy: {
      slaMs: 200,
      shedding: 'late',
      stages: [2, 3].map((batch, i) => ({ name: `s${i}`, batch, maxWaitMs: 4, serviceMs: () => 5 })),
    },
    workers: [
      { id: 'a', rows: [0] },
      { id: 'b', rows: [1] },
    ],
    arrivalsMs,
    packItems: Int32Array.from(arrivalsMs, (_, i) => i % 4),
    counts: (packItem, stage) => (stage === 0 ? 1 : packItem),
    service: { sampleMs: (_stage, items, random) => items + 3 * random(), ...(serving && { serving }) },
    seed,
  };
}

test('serving that takes no time changes nothing', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 20, max: 400 }), (seed, ratePerS) => {
      expect(simulate(input(ratePerS, 2, seed, NOTHING))).toEqual(simulate(input(ratePerS, 2, seed)));
    }),
    { numRuns: 30 },
  );
});

test('every request ends once, and none before its way and its time on the thread are over', () => {
  const serving = fc.record({
    requestMs: fc.double({ min: 0, max: 4, noNaN: true }),
    wayMs: fc.double({ min: 0, max: 3, noNaN: true }),
    threadMs: fc.double({ min: 0, max: 2, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), serving, (seed, { requestMs, wayMs, threadMs }) => {
      const model = { requestMs, wayMs, sampleWayMs: () => wayMs, threadMs: () => threadMs };
      const given = input(300, 2, seed, model);
      const { requests } = simulate(given);
      expect(requests).toHaveLength(given.arrivalsMs.length);
      for (const { latencyMs, outcome } of requests) {
        expect(latencyMs !== null).toBe(outcome === 'completed');
        if (latencyMs !== null) expect(latencyMs).toBeGreaterThan(requestMs + wayMs + 1 - 1e-6);
      }
    }),
    { numRuns: 30 },
  );
});

test('requests wait for the thread as in an M/D/1 queue', () => {
  // The thread does a request in two halves. As batches take no time, the halves follow each other like one service of 8 ms.
  const requestMs = 8;
  const ratePerS = 70;
  const arrivalsMs = arrivalsOf(
    { rates: Array<number>(1000).fill(ratePerS), intervalS: 1 },
    { scale: 1, seed: 1, kind: 'poisson' },
  );
  const { requests } = simulate({
    policy: {
      slaMs: 1e9,
      shedding: 'never',
      stages: [{ name: 's', batch: 1, maxWaitMs: 0, serviceMs: () => 0 }],
    },
    workers: Array.from({ length: 50 }, (_, i) => ({ id: `w${i}`, rows: [0] })),
    arrivalsMs,
    packItems: new Int32Array(arrivalsMs.length),
    counts: () => 1,
    service: {
      sampleMs: () => 0,
      serving: { ...NOTHING, requestMs, wayMs: 3, sampleWayMs: () => 3 },
    },
    seed: 1,
  });
  const busy = (ratePerS * requestMs) / 1000;
  // Each request needs two turns of 4 ms. The sum of both waits is at least that of one turn of 8 ms, and at most twice it.
  const waitMs = (busy * requestMs) / (2 * (1 - busy));
  const meanMs = mean(requests.map(({ latencyMs }) => latencyMs!)) - requestMs - 3;
  expect(meanMs).toBeGreaterThan(0.95 * waitMs);
  expect(meanMs).toBeLessThan(2 * waitMs);
});

test('a saturated thread sheds what it cannot serve, however idle the workers are', () => {
  const serving: ServingModel = { ...NOTHING, requestMs: 5 };
  const share = (ratePerS: number) => {
    const { requests } = simulate(input(ratePerS, 5, 1, serving));
    return requests.filter(({ outcome }) => outcome === 'completed').length / requests.length;
  };
  expect(share(100)).toBeGreaterThan(0.99);
  expect(share(600)).toBeLessThan(0.5);
});

interface Shape {
  readonly batch?: number;
  readonly maxWaitMs?: number;
  readonly stages?: number;
  /** How much longer a batch takes after its session was idle for `idleMs`. */
  readonly pauseMs?: (row: number, idleMs: number) => number;
}

/** Returns when requests that arrive at these times are answered, by stages that share one worker. Each batch takes 5 ms. */
function answeredMs(
  arrivalsMs: number[],
  serving: Partial<ServingModel> | undefined,
  { batch = 1, maxWaitMs = 0, stages = 1, pauseMs = () => 0 }: Shape = {},
): number[] {
  const { requests } = simulate({
    policy: {
      slaMs: 1000,
      shedding: 'never',
      stages: Array.from({ length: stages }, (_, s) => ({
        ...{ name: `s${s}`, batch, maxWaitMs },
        serviceMs: () => 5,
      })),
    },
    workers: [{ id: 'w', rows: Array.from({ length: stages }, (_, s) => s) }],
    arrivalsMs,
    packItems: new Int32Array(arrivalsMs.length),
    counts: () => 1,
    service: {
      sampleMs: (row, _items, _random, { idleMs }) => 5 + pauseMs(row, idleMs),
      ...(serving && { serving: { ...NOTHING, ...serving } }),
    },
    seed: 1,
  });
  return requests.map(({ latencyMs }, i) => arrivalsMs[i]! + latencyMs!);
}

test('a batch takes longer after a pause of its session, although its worker ran another one meanwhile', () => {
  const pauseMs: Shape['pauseMs'] = (row, idleMs) => (row === 0 ? 0 : Math.min(3, idleMs / 10));
  // The second request reaches the second session 12 ms after the first has left it.
  for (const serving of [undefined, {}])
    expect(answeredMs([0, 20], serving, { pauseMs, stages: 2 })).toEqual([13, 31.2]);
});

test('a batch takes longer after a pause of its worker, by how long that was, and not right after another batch', () => {
  const pauseMs: Shape['pauseMs'] = (_row, idleMs) => Math.min(3, idleMs / 10);
  // The second follows the first; the third comes 10 ms after the second has ended.
  expect(answeredMs([0, 1, 23], {}, { pauseMs })).toEqual([8, 13, 29]);
});

test('a request takes longer if the server was idle before, and nothing waits for that', () => {
  const requestPauseMs: ServingModel['requestPauseMs'] = (idleMs) => Math.min(2, idleMs / 5);
  // The first request finds a server that has never served, the second a server in use, the third a server idle for 5 ms.
  expect(answeredMs([0, 0, 15], { requestPauseMs })).toEqual([7, 10, 21]);
});

test('a batch that waits to fill starts when its timer rings, or when another event comes before', () => {
  const late = { timerMs: () => 2 };
  const waiting = { batch: 2, maxWaitMs: 4 };
  expect(answeredMs([0], late, waiting)).toEqual([11]);
  expect(answeredMs([0, 3], late, waiting)).toEqual([8, 8]);
});

const REQUESTS = [
  { body: 'binary' as const, bodyBytes: 1, n: 1, coreMs: 1, latency: [{ percentile: 50, delayMs: 1 }] },
];

/** Makes a measured pause that adds the same delay at every percentile. */
const after = (pauseMs: number, delayMs: number) => ({
  ...{ pauseMs, n: 60 },
  delays: [{ percentile: 50, delayMs }],
});

test('the delay after a pause grows between the pauses that were measured, and no longer afterwards', () => {
  const batchPauses = [{ backend: 'wasm' as const, stage: 's', pauses: [after(2, 0.4), after(8, 1)] }];
  const delays = batchPause({ batchPauses }, 's', 'wasm')!;
  expect([0, 1, 2, 5, 8, 99].map((ms) => +delays(ms, 50).toFixed(3))).toEqual([0, 0.2, 0.4, 0.7, 1, 1]);
  expect(batchPause({ batchPauses }, 's', 'webgpu')).toBeUndefined();
  expect(batchPause({ batchPauses }, 'other', 'wasm')).toBeUndefined();
  const hops = [
    { stage: 's', items: 1, n: 1, gatewayMs: 1, podMs: 1, latency: [{ percentile: 50, delayMs: 1 }] },
  ];
  const serving = { requests: REQUESTS, hops, hopPauses: [after(4, 2)] };
  expect(hopPause({ serving })!(99, 50)).toBe(2);
  expect(hopPause({ serving: { requests: REQUESTS, hopPauses: serving.hopPauses } })).toBeUndefined();
  // An older profile has the pauses of all stages together, or those on a CPU in its serving.
  const ofAll = [{ backend: 'wasm' as const, pauses: [after(2, 0.4)] }];
  expect(batchPause({ batchPauses: ofAll }, 's', 'wasm')!(99, 50)).toBe(0.4);
  const older = { serving: { requests: REQUESTS, pauses: [after(2, 0.4)] } };
  expect(batchPause(older, 's', 'cpu')!(99, 50)).toBe(0.4);
  expect(batchPause(older, 's', 'webgpu')).toBeUndefined();
});

test('what overlaps the batch before is the way to a pod and the measured share of the handling', () => {
  const cells = [1, 3].map((batch) => ({
    ...cell('s', 'v', 'cpu', batch, runs(20)),
    batch,
    handlingMs: [2 * batch],
  }));
  const pauses = [after(2, 0.4)];
  const batchPauses = [{ backend: 'cpu' as const, stage: 's', pauses, overlap: 0.5 }];
  const row = { name: 's', backend: 'cpu' as const };
  expect([1, 2, 3].map(overlapOf({ batchPauses }, row, cells))).toEqual([1, 2, 3]);
  expect(overlapOf({}, row, cells)(1)).toBe(0);
  const hops = [
    { stage: 's', items: 1, n: 1, gatewayMs: 1, podMs: 1, latency: [{ percentile: 50, delayMs: 4 }] },
  ];
  expect(overlapOf({ batchPauses, serving: { requests: REQUESTS, hops } }, row, cells)(1)).toBe(5);
});
