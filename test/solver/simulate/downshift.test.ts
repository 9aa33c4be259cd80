import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  heavyRow,
  isStandbyRow,
  rowAt,
  stageOf as stageIndex,
  standbyRow,
} from '../../../solver/dispatch/rows.ts';
import type { DispatchStage } from '../../../solver/dispatch/types.ts';
import { seededRandom } from '../../../solver/math/random.ts';
import { arrivalsOf } from '../../../solver/simulate/arrivals.ts';
import { simulate } from '../../../solver/simulate/simulate.ts';

const SLA_MS = 100;
const BATCH = 4;
const times = (ms: number) => (items: number) => ms * (1 + items);
/** Share of the items that escalate in a cascade. */
const SHARE = 0.4;

/** A stage that can downshift: by a standby that is `faster` times as fast, or by the light answers of a cascade. */
function stageOf(kind: 'standby' | 'cascade', faster: number, heavyMs: number): DispatchStage {
  const row = { name: 's', batch: BATCH, maxWaitMs: 5 };
  const [heavy, light] = [times(heavyMs), times(heavyMs / faster)];
  return kind === 'standby'
    ? { ...row, serviceMs: heavy, standby: { serviceMs: light } }
    : { ...row, serviceMs: light, heavy: { ...row, name: 'h', serviceMs: heavy, share: SHARE } };
}

/** Returns how much of a worker's time an item of a stage takes in full batches, without downshift. */
const itemMs = ({ serviceMs, heavy }: DispatchStage): number =>
  (serviceMs(BATCH) + (heavy ? SHARE * heavy.serviceMs(BATCH) : 0)) / BATCH;

/**
 * Simulates a load with and without downshift, each stage on a worker of its own.
 * @param rates by second, as multiples of the rate at which the busiest stage takes 70 % of its worker's time
 */
function simulated(stages: readonly DispatchStage[], rates: number[], seed: number) {
  const busiestMs = Math.max(...stages.map(itemMs));
  const arrivalsMs = arrivalsOf(
    { rates: rates.map((times) => (times * 0.7 * 1000) / busiestMs), intervalS: 1 },
    { scale: 1, seed, kind: 'poisson' },
  );
  const random = seededRandom(seed);
  const unsure = Array.from(arrivalsMs, () => random() < SHARE);
  const rowOf = (row: number) =>
    isStandbyRow(row, stages.length) ? stages[stageIndex(row, stages.length)]!.standby : rowAt(stages, row);
  const held = (stage: number) =>
    [stage, heavyRow(stage, stages.length), standbyRow(stage, stages.length)].filter(rowOf);
  const run = (downshift: boolean) => {
    const { requests, downshifted } = simulate({
      policy: { slaMs: SLA_MS, shedding: 'late', downshift, stages },
      workers: stages.map((_, stage) => ({ id: `w${stage}`, rows: held(stage) })),
      arrivalsMs,
      packItems: Int32Array.from(arrivalsMs, (_, i) => i),
      counts: () => 1,
      escalates: (packItem, stage) => stages[stage]!.heavy !== undefined && unsure[packItem]!,
      service: { sampleMs: (row, items, drawn) => rowOf(row)!.serviceMs(items) * (0.9 + 0.2 * drawn()) },
      seed,
    });
    const inTime = requests.filter(({ latencyMs }) => latencyMs !== null && latencyMs <= SLA_MS).length;
    return { inTime, lighter: downshifted.map((items) => items / requests.length) };
  };
  return { without: run(false), with: run(true), sent: arrivalsMs.length };
}

test.each(['standby', 'cascade'] as const)(
  'in a burst of three times the rate, a %s answers 1.3 times as many requests in time',
  (kind) => {
    const burst = simulated([stageOf(kind, 3, 2)], [3, 3, 3, 3, 3], 1);
    expect(burst.with.inTime).toBeGreaterThan(1.3 * burst.without.inTime);
    expect(burst.with.inTime).toBeGreaterThan(0.98 * burst.sent);
  },
);

test.each(['standby', 'cascade'] as const)(
  'at the planned rate, a %s takes over for less than one item in a hundred',
  (kind) => {
    const calm = simulated([stageOf(kind, 3, 2)], Array(10).fill(1), 1);
    expect(calm.with.lighter[0]).toBeLessThan(0.01);
    expect(calm.with.inTime).toBeGreaterThanOrEqual(calm.without.inTime);
  },
);

/** Makes a stage that has nothing lighter. */
const only = (ms: number): DispatchStage => ({ name: 'o', batch: BATCH, maxWaitMs: 5, serviceMs: times(ms) });

test.each(['standby', 'cascade'] as const)(
  'where the first stage is the busiest and has nothing lighter, a %s after it takes over for less than one item in seven',
  (kind) => {
    const burst = simulated([only(4), stageOf(kind, 3, 2)], [3, 3, 3, 3, 3], 1);
    expect(burst.with.inTime).toBeGreaterThanOrEqual(burst.without.inTime);
    expect(burst.with.lighter[1]! * burst.sent).toBeLessThan(burst.with.inTime / 7);
  },
);

test.each(['standby', 'cascade'] as const)(
  'where a later stage is the busiest, its %s answers 1.3 times as many requests in time',
  (kind) => {
    const burst = simulated([only(0.5), stageOf(kind, 3, 2)], [3, 3, 3, 3, 3], 1);
    expect(burst.with.inTime).toBeGreaterThan(1.3 * burst.without.inTime);
  },
);

test('whatever the load and the times, no fewer requests are answered in time, up to one in a hundred', () => {
  const cases = fc.record({
    kind: fc.constantFrom('standby' as const, 'cascade' as const),
    faster: fc.integer({ min: 2, max: 8 }),
    heavyMs: fc.integer({ min: 2, max: 8 }),
    /** The time of a stage before, which has nothing lighter; null if there is no such stage. */
    beforeMs: fc.option(fc.integer({ min: 1, max: 8 })),
    rates: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 4 }),
    seed: fc.nat(1000),
  });
  fc.assert(
    fc.property(cases, ({ kind, faster, heavyMs, beforeMs, rates, seed }) => {
      const before = beforeMs === null ? [] : [only(beforeMs)];
      const result = simulated([...before, stageOf(kind, faster, heavyMs)], rates, seed);
      expect(result.with.inTime).toBeGreaterThanOrEqual(result.without.inTime - 0.01 * result.sent - 1);
    }),
    { numRuns: 60 },
  );
});
