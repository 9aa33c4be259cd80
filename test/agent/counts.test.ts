import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Telemetry } from '../../agent/http/telemetry.ts';
import {
  type Counts,
  CountsGrowth,
  countsIn,
  NO_BATCHES,
  NOTHING,
  sessionText,
} from '../../solver/adapt/serving-counts.ts';
import { planOf } from './serving.ts';

test('a counter is read by its model', () => {
  const name = 'ipa_edge_arrivals_total';
  const text = `${name}{model="a"} 3\n${name}{model="b"} 5\n${name}{model="a",k="v"} 4\ny{model="a"} 9\n# ${name}{model="a"} 1\n`;
  expect(countsIn(text, 'a').arrivals).toBe(7);
  expect(countsIn(text, 'c').arrivals).toBe(0);
  expect(countsIn('ipa_edge_core_seconds_total 2', 'a').coreMs).toBe(2000);
});

test.each(['NaN', 'Infinity', '1e999', '-1', 'x'])('a counter with the value %s counts nothing', (value) => {
  expect(countsIn(`ipa_edge_arrivals_total{model="a"} ${value}`, 'a')).toEqual(NOTHING);
});

test('metrics that are no counters of requests, rows or sessions change nothing', () => {
  const info = 'ipa_edge_plan_info{stage="s",variant="v",backend="cpu"} 1';
  const others =
    'ipa_edge_queued{stage="s"} 3\nipa_edge_constructor{stage="s"} 2\nipa_edge_open 4\nipa_edge_batch_items_count 5';
  const sessions = new Map([['s', new Set(['v cpu'])]]);
  expect(countsIn(`${info}\n${others}\nipa_edge_plan_info 1`, 'a')).toEqual({ ...NOTHING, sessions });
});

test('what the metrics of a service have counted is read back', async () => {
  const plan = planOf({ workers: [['detect', 'classify']] });
  const telemetry = new Telemetry(['fashion', 'detect'], ['detect', 'classify']);
  telemetry.arrived('fashion', 5);
  telemetry.ended('fashion', 'completed', 3, 250);
  telemetry.ended('detect', 'shed', 3, 250);
  telemetry.rejected('fashion', 3);
  const batch = {
    variant: 'v',
    backend: 'cpu',
    worker: 'w',
    escalated: 0,
    startMs: 0,
    serviceMs: 9,
    waitedMs: 4,
  } as const;
  telemetry.batch({ ...batch, stage: 'detect', items: 3 });
  telemetry.batch({ ...batch, stage: 'detect', items: 1 });
  telemetry.batch({ ...batch, stage: 'detect', items: 2, standby: 'larger' });
  telemetry.hop('detect', 2.5);
  telemetry.hop('detect', 1.5);
  telemetry.ran('detect', 3, 6);
  const text = await telemetry.text({
    plan,
    queued: [0, 0],
    replicas: [1, 1],
    open: 0,
    foreseen: plan.stages,
  });
  const { arrivals, accepted, rejected, coreMs, rows, sessions } = countsIn(text, 'fashion');
  expect([arrivals, accepted, rejected]).toEqual([5, 2, 3]);
  expect(coreMs).toBeGreaterThan(0);
  expect(rows.get('detect')).toEqual({
    ...{ batches: 3, items: 6, hops: 2, hopMs: expect.closeTo(4, 6) },
    ...{ runs: 1, runItems: 3, runMs: expect.closeTo(6, 6) },
  });
  expect(rows.get('classify')).toEqual(NO_BATCHES);
  expect(sessions).toEqual(new Map(plan.stages.map((row) => [row.name, new Set([sessionText(row)])])));
});

const arrived = (arrivals: number): Counts => ({ ...NOTHING, arrivals });
const mapped = (counts: Record<string, number>) =>
  new Map(Object.entries(counts).map(([gateway, count]) => [gateway, arrived(count)]));
/** Growth of the arrivals at each reading. */
const growths = (...readings: Record<string, number>[]): number[] => {
  const growth = new CountsGrowth();
  return readings.map((counts) => growth.since(mapped(counts)).arrivals);
};

test('a counter that began anew has grown by all of it', () => {
  expect(growths({ a: 10 }, { a: 15 }, { a: 15 }, { a: 4 })).toEqual([0, 5, 0, 4]);
  const growth = new CountsGrowth();
  growth.since(new Map([['a', { ...arrived(10), coreMs: 900 }]]));
  // A new process may have more arrivals than the old one had, but its core time is less.
  const anew = growth.since(new Map([['a', { ...arrived(12), coreMs: 30 }]]));
  expect([anew.arrivals, anew.coreMs]).toEqual([12, 30]);
});

test('the arrivals at all gateways add up, and one that is not read for a while is counted later', () => {
  expect(growths({ a: 10, b: 100 }, { a: 15, b: 101 }, { b: 103 }, { a: 21, b: 103 })).toEqual([0, 6, 2, 6]);
});

test('what arrived at a gateway before its first reading does not count: nobody knows when it did', () => {
  expect(growths({ a: 10 }, { a: 12, b: 5000 }, { a: 12, b: 5001 })).toEqual([0, 2, 1]);
});

test('gateways that have ended do not fill the memory: the counts of those that are missing longest are forgotten', () => {
  const growth = new CountsGrowth();
  const read = (counts: Record<string, number>) => growth.since(mapped(counts)).arrivals;
  read({ stays: 0, away: 5 });
  const replaced = (from: number, to: number) => {
    for (let pod = from; pod < to; pod++) expect(read({ stays: pod, [`pod-${pod}`]: 1000 })).toBeLessThan(2);
  };
  replaced(0, 100);
  expect(read({ stays: 99, away: 7 })).toBe(2);
  replaced(100, 300);
  expect(read({ stays: 299, away: 9 })).toBe(0);
});

test('the growths of a process that runs on add up to what it has counted since its first reading', () => {
  const step = fc.record({
    arrivals: fc.nat(100),
    accepted: fc.nat(100),
    rejected: fc.nat(100),
    coreMs: fc.nat(100),
    batches: fc.nat(100),
    hopMs: fc.nat(100),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const growth = new CountsGrowth();
      const all = { arrivals: 7, accepted: 7, rejected: 7, coreMs: 7, batches: 7, hopMs: 7 };
      const fields = Object.keys(all) as (keyof typeof all)[];
      const counts = (): Counts => {
        const { batches, hopMs, ...ofRequests } = all;
        const row = { ...NO_BATCHES, batches, items: batches, hops: batches, hopMs };
        return { ...NOTHING, ...ofRequests, rows: new Map([['detect', row]]) };
      };
      growth.since(new Map([['a', counts()]]));
      const grownBy = Object.fromEntries(fields.map((field) => [field, 7]));
      for (const step of steps) {
        for (const field of fields) all[field] += step[field];
        const grown = growth.since(new Map([['a', counts()]]));
        const values = { ...grown, ...grown.rows.get('detect')! };
        for (const field of fields) grownBy[field]! += values[field];
      }
      expect(grownBy).toEqual(all);
    }),
  );
});

test('a growth has the sessions of both readings, because either may have run its batches', () => {
  const growth = new CountsGrowth();
  const running = (session: string): Counts => ({
    ...NOTHING,
    sessions: new Map([['detect', new Set([session])]]),
  });
  const sessionsAt = (...sessions: string[]) =>
    growth
      .since(new Map(sessions.map((session, i) => [`gateway-${i}`, running(session)])))
      .sessions.get('detect');
  sessionsAt('det8 cpu', 'det8 cpu');
  expect(sessionsAt('det8 cpu', 'det16 cpu')).toEqual(new Set(['det8 cpu', 'det16 cpu']));
  expect(sessionsAt('det16 cpu', 'det16 cpu')).toEqual(new Set(['det8 cpu', 'det16 cpu']));
  expect(sessionsAt('det16 cpu', 'det16 cpu')).toEqual(new Set(['det16 cpu']));
});
