import fc from 'fast-check';
import { expect, test } from 'vitest';
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
function stageOf(kind: 'standby' | 'cascade', faster: number, heavyMs: number) {
  const row = { name: 's', batch: BATCH, maxWaitMs: 5 };
  const [heavy, light] = [times(heavyMs), times(heavyMs / faster)];
  const itemMs = (serviceMs: (items: number) => number) => serviceMs(BATCH) / BATCH;
  return kind === 'standby'
    ? {
        stage: { ...row, serviceMs: heavy, standby: { serviceMs: light } } as DispatchStage,
        rows: [heavy, undefined, light],
        itemMs: itemMs(heavy),
      }
    : {
        stage: {
          ...row,
          serviceMs: light,
          heavy: { ...row, name: 'h', serviceMs: heavy, share: SHARE },
        } as DispatchStage,
        rows: [light, heavy],
        itemMs: itemMs(light) + SHARE * itemMs(heavy),
      };
}

/** Simulates seconds of a load, each at this many times a rate of 70 % of the capacity, with and without downshift. */
function simulated({ stage, rows, itemMs }: ReturnType<typeof stageOf>, rates: number[], seed: number) {
  const arrivalsMs = arrivalsOf(
    { rates: rates.map((times) => (times * 0.7 * 1000) / itemMs), intervalS: 1 },
    { scale: 1, seed, kind: 'poisson' },
  );
  const random = seededRandom(seed);
  const unsure = Array.from(arrivalsMs, () => random() < SHARE);
  const goodput = (downshift: boolean) => {
    const { requests, downshifted } = simulate({
      policy: { slaMs: SLA_MS, shedding: 'late', downshift, stages: [stage] },
      workers: [{ id: 'w', rows: rows.flatMap((row, i) => (row ? [i] : [])) }],
      arrivalsMs,
      packItems: Int32Array.from(arrivalsMs, (_, i) => i),
      counts: () => 1,
      ...(stage.heavy && { escalates: (packItem: number) => unsure[packItem]! }),
      service: { sampleMs: (row, items, drawn) => rows[row]!(items) * (0.9 + 0.2 * drawn()) },
      seed,
    });
    const inTime = requests.filter(({ latencyMs }) => latencyMs !== null && latencyMs <= SLA_MS).length;
    return { inTime, lighter: downshifted[0]! / requests.length };
  };
  return { without: goodput(false), with: goodput(true), sent: arrivalsMs.length };
}

test.each(['standby', 'cascade'] as const)(
  'in a burst of three times the rate, a %s answers 1.3 times as many requests in time',
  (kind) => {
    const burst = simulated(stageOf(kind, 3, 2), [3, 3, 3, 3, 3], 1);
    expect(burst.with.inTime).toBeGreaterThan(1.3 * burst.without.inTime);
    expect(burst.with.inTime).toBeGreaterThan(0.98 * burst.sent);
  },
);

test.each(['standby', 'cascade'] as const)(
  'at the planned rate, a %s takes over for less than one item in a hundred',
  (kind) => {
    const calm = simulated(stageOf(kind, 3, 2), Array(10).fill(1), 1);
    expect(calm.with.lighter).toBeLessThan(0.01);
    expect(calm.with.inTime).toBeGreaterThanOrEqual(calm.without.inTime);
  },
);

test('whatever the load and the times, no fewer requests are answered in time, up to one in a hundred', () => {
  const cases = fc.record({
    kind: fc.constantFrom('standby' as const, 'cascade' as const),
    faster: fc.integer({ min: 2, max: 8 }),
    heavyMs: fc.integer({ min: 1, max: 8 }),
    rates: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 6 }),
    seed: fc.nat(1000),
  });
  fc.assert(
    fc.property(cases, ({ kind, faster, heavyMs, rates, seed }) => {
      const result = simulated(stageOf(kind, faster, heavyMs), rates, seed);
      expect(result.with.inTime).toBeGreaterThanOrEqual(result.without.inTime - 0.01 * result.sent - 1);
    }),
    { numRuns: 60 },
  );
});
